package io.fleetscale.runtime.metrics;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/** Hands whole requests to a thread that may wait. Confined to the event loop; reads nothing while an answer is made. */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails closes the channel, and nobody is left to be told
final class MonitoringHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final Function<MonitoringRoute.Request, MonitoringReply> routes;
    private final Executor answers;

    MonitoringHandler(Function<MonitoringRoute.Request, MonitoringReply> routes, Executor answers) {
        this.routes = routes;
        this.answers = answers;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
        if (message.decoderResult().isFailure()) {
            write(context, MonitoringReply.text(400, "bad request\n"), false, true);
            return;
        }
        boolean head = message.method().equals(HttpMethod.HEAD);
        MonitoringRoute.Request request;
        try {
            QueryStringDecoder uri = new QueryStringDecoder(message.uri());
            Map<String, String> query = new HashMap<>();
            uri.parameters().forEach((name, values) -> query.put(name, values.getFirst()));
            Map<String, String> headers = new HashMap<>();
            message.headers()
                    .forEach(
                            header -> headers.putIfAbsent(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
            InetAddress peer = ((InetSocketAddress) context.channel().remoteAddress()).getAddress();
            request = new MonitoringRoute.Request(message.method(), uri.path(), query, headers, peer);
        } catch (IllegalArgumentException e) {
            write(context, MonitoringReply.text(400, "bad request\n"), head, false);
            return;
        }
        // answers of one connection must keep the order of its requests
        context.channel().config().setAutoRead(false);
        try {
            answers.execute(() -> {
                MonitoringReply reply = routes.apply(request);
                context.executor().execute(() -> {
                    write(context, reply, head, false);
                    context.channel().config().setAutoRead(true);
                });
            });
        } catch (RejectedExecutionException e) {
            context.close(); // the listener is closing
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    private static void write(ChannelHandlerContext context, MonitoringReply reply, boolean head, boolean last) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(reply.status()),
                head
                        ? Unpooled.EMPTY_BUFFER
                        : Unpooled.wrappedBuffer(reply.body().asReadOnlyByteBuffer()));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, reply.contentType())
                .setInt(HttpHeaderNames.CONTENT_LENGTH, reply.body().size())
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (last) {
            context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
        } else {
            context.writeAndFlush(response);
        }
    }
}
