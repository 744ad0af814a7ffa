package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 on the main port: a gRPC client is told where gRPC is served, any other that HTTP/1.1 is spoken here; then the
 * connection ends. The head's time limit of the connection stays in force. Confined to the event loop.
 */
final class GrpcSignpost extends ChannelInboundHandlerAdapter {
    private static final String GRPC = "application/grpc";
    private static final String UNIMPLEMENTED = "12";
    private static final String HTTP_1_NEEDED =
            "this port speaks HTTP/1.1: a proxy in between must not use HTTP/2 towards this server\n";
    private static final int MAX_STREAMS = 16;
    private static final int GOODBYE_MILLIS = 1_000;

    private final HttpService service;
    private final Visitor visitor;
    private boolean answered;

    private GrpcSignpost(HttpService service, Visitor visitor) {
        this.service = service;
        this.visitor = visitor;
    }

    static void install(ChannelPipeline pipeline, HttpService service, Visitor visitor) {
        pipeline.addLast(
                Http2FrameCodecBuilder.forServer()
                        .initialSettings(new Http2Settings()
                                .maxConcurrentStreams(MAX_STREAMS)
                                .maxHeaderListSize(service.limits().headBytes()))
                        .gracefulShutdownTimeoutMillis(GOODBYE_MILLIS)
                        .build(),
                new GrpcSignpost(service, visitor));
    }

    static boolean isGrpc(@Nullable CharSequence contentType) {
        return contentType != null && contentType.toString().startsWith(GRPC);
    }

    /** The same for HTTP/1.1, as proxies send it that end TLS: an answer without a message. */
    static HttpReply reply(HttpService service) {
        return HttpReply.of(200, GRPC, new byte[0])
                .withHeader("grpc-status", UNIMPLEMENTED)
                .withHeader("grpc-message", direction(service));
    }

    private static String direction(HttpService service) {
        String address = service.grpcAddress().get();
        return address.isEmpty()
                ? "this port serves no gRPC, and no other does: set grpc_listen_addr"
                : "this port serves no gRPC: use " + address;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof Http2HeadersFrame request && !answered) {
                answered = true;
                answer(ctx, request);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void answer(ChannelHandlerContext ctx, Http2HeadersFrame request) {
        ChannelFuture unused;
        if (isGrpc(request.headers().get("content-type"))) {
            Http2Headers fields = new DefaultHttp2Headers()
                    .status("200")
                    .set("content-type", GRPC)
                    .set("grpc-status", UNIMPLEMENTED)
                    .set("grpc-message", direction(service));
            unused = ctx.writeAndFlush(new DefaultHttp2HeadersFrame(fields, true).stream(request.stream()));
            service.meters().unmatched(200);
        } else {
            service.meters().refuse(Refusal.HTTP2_OUTSIDE, visitor.source(), "HTTP/2 where only HTTP/1.1 is spoken");
            Http2Headers fields =
                    new DefaultHttp2Headers().status("400").set("content-type", "text/plain; charset=utf-8");
            unused = ctx.write(new DefaultHttp2HeadersFrame(fields, false).stream(request.stream()));
            unused = ctx.writeAndFlush(
                    new DefaultHttp2DataFrame(Unpooled.copiedBuffer(HTTP_1_NEEDED, StandardCharsets.US_ASCII), true)
                            .stream(request.stream()));
        }
        unused = ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        service.meters().refuse(Refusal.BAD_HTTP2, visitor.source(), "HTTP/2 on the main port does not parse");
        ChannelFuture unused = ctx.close();
    }
}
