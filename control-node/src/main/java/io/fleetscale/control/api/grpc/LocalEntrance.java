package io.fleetscale.control.api.grpc;

import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The two protocols of the unix socket: gRPC for command lines until headscale 0.29, HTTP/1.1 for later ones. The first bytes
 * tell which. gRPC's own way to let something look at a connection first is its protocol negotiator. Immutable. Source:
 * headscale-surface 2.5, "Unix socket".
 */
final class LocalEntrance implements InternalProtocolNegotiator.ProtocolNegotiator {
    private static final byte[] HTTP2_PREFACE = "PRI * HTTP/2.0".getBytes(StandardCharsets.US_ASCII);
    /** A policy may be this long. */
    private static final int MAX_BODY_BYTES = 5 << 20;

    private final InternalProtocolNegotiator.ProtocolNegotiator plaintext =
            InternalProtocolNegotiators.serverPlaintext();
    private final RouteHandler http;
    private final Executor calls;

    /** @param calls where {@code http} runs: virtual threads */
    LocalEntrance(RouteHandler http, Executor calls) {
        this.http = http;
        this.calls = calls;
    }

    @Override
    public AsciiString scheme() {
        return plaintext.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
        return new Sniffer(grpc);
    }

    @Override
    public void close() {
        plaintext.close();
    }

    /** Waits for the first bytes. Confined to its event loop. */
    private final class Sniffer extends ByteToMessageDecoder {
        private final GrpcHttp2ConnectionHandler grpc;
        private @Nullable ProtocolNegotiationEvent begun;

        Sniffer(GrpcHttp2ConnectionHandler grpc) {
            this.grpc = grpc;
        }

        /** gRPC begins at once; it is told when its bytes are there. */
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event instanceof ProtocolNegotiationEvent negotiation) {
                begun = negotiation;
            } else {
                super.userEventTriggered(ctx, event);
            }
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
            int compared = Math.min(in.readableBytes(), HTTP2_PREFACE.length);
            ChannelPipeline pipeline = ctx.pipeline();
            if (!startsLikeHttp2(in, compared)) {
                String after = ctx.name();
                pipeline.addAfter(after, "answer", new LocalHttp(http, calls));
                pipeline.addAfter(after, "whole", new HttpObjectAggregator(MAX_BODY_BYTES));
                pipeline.addAfter(after, "keepAlive", new HttpServerKeepAliveHandler());
                pipeline.addAfter(after, "http", new HttpServerCodec());
                pipeline.remove(this);
            } else if (compared == HTTP2_PREFACE.length && begun != null) {
                pipeline.addAfter(ctx.name(), null, plaintext.newHandler(grpc));
                ctx.fireUserEventTriggered(begun);
                pipeline.remove(this);
            }
        }

        private boolean startsLikeHttp2(ByteBuf in, int compared) {
            for (int i = 0; i < compared; i++) {
                if (in.getByte(in.readerIndex() + i) != HTTP2_PREFACE[i]) {
                    return false;
                }
            }
            return true;
        }
    }
}
