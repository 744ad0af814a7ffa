package io.fleetscale.control.frontdoor.http;

import io.fleetscale.wire.ip.IpAddress;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;

/** A DERP relay that lives behind the main listener. */
@FunctionalInterface
public interface EmbeddedRelay {
    /**
     * Takes over a connection, or answers its request and leaves it. Called on the event loop when the request is
     * complete. For a takeover the relay removes the HTTP codec and everything behind it, and sees to it that bytes
     * behind the request are not lost.
     *
     * @param request the upgrade request; to be copied if kept
     * @param source the client's address, as trusted proxies tell it
     */
    void upgrade(ChannelHandlerContext context, HttpRequest request, IpAddress source);
}
