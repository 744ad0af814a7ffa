package io.fleetscale.control.frontdoor.http;

import io.fleetscale.wire.ip.IpAddress;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;

/** A DERP relay that lives behind the main listener. */
public interface EmbeddedRelay {
    /** How the relay's bytes travel. */
    enum Carrier {
        /** The relay writes its own 101, or none for a fast start; then bytes. */
        RAW,
        /** The WebSocket handshake is done; every buffer is the payload of binary messages. */
        WEBSOCKET
    }

    /**
     * Takes over a connection. Called on its event loop. The HTTP codec is gone and nothing is read; the relay adds its
     * handlers at the end of the pipeline and may write through {@code context}. After the return, bytes that the
     * client has sent already are passed on and reading goes on.
     *
     * @param request the upgrade request; to be copied if kept
     * @param source the client's address, as trusted proxies tell it
     */
    void upgrade(ChannelHandlerContext context, HttpRequest request, IpAddress source, Carrier carrier);
}
