package io.fleetscale.relay.listener;

import io.fleetscale.relay.http.RelayPages;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Port 80 beside a TLS listener: {@code /generate_204}, what a certificate authority comes for, and a redirect to HTTPS; never
 * the relay protocol. Each answer ends the connection. Source: tailscale cmd/derper/derper.go, main; tsweb Port80Handler. Confined to the event loop.
 */
final class PlainFront extends ChannelInboundHandlerAdapter {
    private static final String CHALLENGES = "/.well-known/acme-challenge/";
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9.:\\[\\]-]{1,255}");

    private final Function<String, Optional<String>> authorizations;

    /** @param authorizations that a certificate authority comes for, by token; must not block */
    PlainFront(Function<String, Optional<String>> authorizations) {
        this.authorizations = authorizations;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof HttpRequest request) {
                boolean headOnly = request.method().equals(HttpMethod.HEAD);
                RelayFront.answer(ctx, answer(request, headOnly), false, headOnly);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private FullHttpResponse answer(HttpRequest request, boolean headOnly) {
        String host = request.headers().get(HttpHeaderNames.HOST, "");
        boolean reads = headOnly || request.method().equals(HttpMethod.GET);
        if (request.decoderResult().isFailure() || !request.uri().startsWith("/")) {
            return RelayPages.text(HttpResponseStatus.BAD_REQUEST, "malformed request\n");
        }
        String path = new QueryStringDecoder(request.uri()).rawPath();
        if (path.equals("/generate_204")) {
            return RelayPages.answer(request).orElseThrow();
        }
        if (reads && path.startsWith(CHALLENGES)) {
            return authorizations
                    .apply(path.substring(CHALLENGES.length()))
                    .map(text -> RelayPages.text(HttpResponseStatus.OK, text))
                    .orElseGet(() -> RelayPages.text(HttpResponseStatus.NOT_FOUND, "404 page not found\n"));
        }
        if (!reads || !HOST.matcher(host).matches()) {
            return RelayPages.text(HttpResponseStatus.BAD_REQUEST, "Use HTTPS\n");
        }
        FullHttpResponse response = RelayPages.text(HttpResponseStatus.FOUND, "Use HTTPS\n");
        response.headers().set(HttpHeaderNames.LOCATION, "https://" + host + request.uri());
        return response;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof IdleStateEvent) {
            ChannelFuture unused = ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ChannelFuture unused = ctx.close();
    }
}
