package io.fleetscale.relay.listener;

import io.fleetscale.relay.http.BootstrapNames;
import io.fleetscale.relay.http.RelayPages;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.net.ProxyHeader;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * HTTP/1.1 of one connection to the main listener: {@code /derp} becomes a relay session, the probes and a page are
 * answered. Bodies are not wanted and end the connection. Confined to the event loop.
 */
final class RelayFront extends ChannelInboundHandlerAdapter {
    private static final String HOME = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>DERP relay</title></head>
            <body><h1>DERP relay</h1>
            <p>This is a relay for encrypted traffic between the devices of a private network that cannot connect directly.</p>
            </body></html>
            """;

    private static final String BOOTSTRAP_DNS = "/bootstrap-dns";

    private final ListenerServices services;
    private final BootstrapNames names;
    private final boolean secure;

    RelayFront(ListenerServices services, BootstrapNames names, boolean secure) {
        this.services = services;
        this.names = names;
        this.secure = secure;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch (message) {
                case HttpRequest request
                when request.decoderResult().isFailure() ->
                    answer(ctx, RelayPages.text(HttpResponseStatus.BAD_REQUEST, "malformed request\n"), false, false);
                case HttpRequest request -> onRequest(ctx, request);
                case LastHttpContent last when !last.content().isReadable() -> {}
                default -> {
                    ChannelFuture unused = ctx.close(); // a body, which nothing here takes
                }
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void onRequest(ChannelHandlerContext ctx, HttpRequest request) {
        String path = new QueryStringDecoder(request.uri()).rawPath();
        if (path.equals(RelayPages.DERP_PATH)) {
            services.relay().upgrade(ctx, request, sourceOf(ctx, request));
            return;
        }
        if (path.equals(BOOTSTRAP_DNS)) {
            answer(ctx, bootstrapDns(), false, request.method().equals(HttpMethod.HEAD));
            return;
        }
        boolean noBody = HttpUtil.getContentLength(request, 0L) == 0 && !HttpUtil.isTransferEncodingChunked(request);
        boolean headOnly = request.method().equals(HttpMethod.HEAD);
        FullHttpResponse response = services.relay().answer(request).orElseGet(this::home);
        answer(ctx, response, noBody && HttpUtil.isKeepAlive(request), headOnly);
    }

    private FullHttpResponse bootstrapDns() {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.copiedBuffer(names.answer()));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        return response;
    }

    private FullHttpResponse home() {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.copiedBuffer(HOME, StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/html; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
                .set("X-Frame-Options", "DENY")
                .set("X-Content-Type-Options", "nosniff")
                .set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; form-action 'none'");
        if (secure) {
            response.headers().set("Strict-Transport-Security", "max-age=63072000; includeSubDomains");
        }
        return response;
    }

    static void answer(ChannelHandlerContext ctx, FullHttpResponse response, boolean keepAlive, boolean headOnly) {
        if (headOnly) {
            response.content().clear(); // the length of the header stays
        }
        HttpUtil.setKeepAlive(response, keepAlive);
        ChannelFuture written = ctx.writeAndFlush(response);
        if (!keepAlive) {
            ChannelFuture unused = written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private IpAddress sourceOf(ChannelHandlerContext ctx, HttpRequest request) {
        IpAddress peer = ClientAddress.of(ProxyHeader.clientOf(ctx.channel()));
        return services.clients().get().resolve(peer, request.headers()).address();
    }

    /** The relay has taken over. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        services.arrivals().settled(ctx.channel());
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent) {
            ChannelFuture unused = ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ChannelFuture unused = ctx.close(); // reset by the peer, or TLS that does not parse
    }
}
