package io.fleetscale.control.api.grpc;

import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Map;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** HTTP/1.1 over the unix socket: one request at a time. Confined to its event loop; handlers run on {@code calls}. */
final class LocalHttp extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(LocalHttp.class);
    private static final IpAddress HERE = IpAddress.parse("127.0.0.1");

    private final RouteHandler handler;
    private final Executor calls;

    LocalHttp(RouteHandler handler, Executor calls) {
        this.handler = handler;
        this.calls = calls;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            ChannelFuture unused = ctx.writeAndFlush(response(HttpReply.text(400, "malformed request\n")));
            return;
        }
        byte[] body = new byte[request.content().readableBytes()];
        request.content().readBytes(body);
        String uri = request.uri();
        int question = uri.indexOf('?');
        HttpCall call = new HttpCall(
                request.method().name(),
                question < 0 ? uri : uri.substring(0, question),
                question < 0 ? "" : uri.substring(question + 1),
                Map.of(),
                request.headers().copy(),
                body,
                HERE,
                false);
        ctx.channel().config().setAutoRead(false); // the next request waits for this answer
        calls.execute(() -> {
            FullHttpResponse response = response(answer(call));
            ctx.executor().execute(() -> {
                ChannelFuture unused = ctx.writeAndFlush(response);
                ctx.channel().config().setAutoRead(true);
            });
        });
    }

    private HttpReply answer(HttpCall call) {
        try {
            return handler.handle(call);
        } catch (Exception e) {
            LOG.atError().addKeyValue("method", call.method()).setCause(e).log("a local request failed");
            return HttpReply.text(500, "internal server error\n");
        }
    }

    private static FullHttpResponse response(HttpReply reply) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), Unpooled.wrappedBuffer(reply.body()));
        reply.headers().forEach(header -> response.headers().add(header.name(), header.value()));
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
        return response;
    }
}
