package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.ProtocolDetectionState;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Looks at the first bytes of a connection: a PROXY header if a trusted proxy is the peer, then TLS, then HTTP/1.1 or the
 * first bytes of HTTP/2.
 *
 * <p>Pipeline afterwards: {@code [tls] http front}. Confined to the event loop.
 */
public final class ProtocolSniffer extends ByteToMessageDecoder {
    private static final int TLS_HANDSHAKE_RECORD = 0x16;
    private static final byte[] HTTP2_PREFACE = "PRI * HTTP/2.0".getBytes(StandardCharsets.US_ASCII);
    private static final int PROXY_MAX_TLV_BYTES = 4096;

    private static final int TLS_RECORD_HEADER = 5;
    private static final int MAX_TLS_RECORD = 16_384;
    private static final byte[] CHALLENGE_PROTOCOL = "\nacme-tls/1".getBytes(StandardCharsets.US_ASCII);

    private final HttpService service;
    private final Visitor visitor;
    private final boolean mayHaveProxyHeader;
    private final boolean secure;

    public ProtocolSniffer(HttpService service, Visitor visitor) {
        this(service, visitor, service.clients().isTrusted(visitor.source()), false);
    }

    private ProtocolSniffer(HttpService service, Visitor visitor, boolean mayHaveProxyHeader, boolean secure) {
        this.service = service;
        this.visitor = visitor;
        this.mayHaveProxyHeader = mayHaveProxyHeader;
        this.secure = secure;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        ChannelPipeline pipeline = ctx.pipeline();
        if (mayHaveProxyHeader) {
            ProtocolDetectionState state =
                    HAProxyMessageDecoder.detectProtocol(in).state();
            if (state == ProtocolDetectionState.NEEDS_MORE_DATA) {
                return;
            }
            if (state == ProtocolDetectionState.DETECTED) {
                pipeline.addLast(new HAProxyMessageDecoder(PROXY_MAX_TLV_BYTES), new ProxyHeader());
                pipeline.remove(this);
                return;
            }
        }
        if (!secure && in.getUnsignedByte(in.readerIndex()) == TLS_HANDSHAKE_RECORD) {
            Optional<SslContext> tls = service.tls().certificate();
            Optional<SslContext> challenge = service.tls().challenge();
            if (challenge.isPresent()) {
                if (!isWholeRecord(in)) {
                    return;
                }
                if (offersChallenge(in)) {
                    pipeline.addLast(challenge.get().newHandler(ctx.alloc()));
                    pipeline.remove(this);
                    return;
                }
            }
            if (tls.isEmpty()) {
                service.meters().refuse(Refusal.NO_TLS, visitor.source(), "TLS on a listener without certificate");
                in.skipBytes(in.readableBytes());
                ChannelFuture unused = ctx.close();
                return;
            }
            SslHandler handler = tls.get().newHandler(ctx.alloc());
            handler.setHandshakeTimeoutMillis(service.limits().headTimeout().toMillis());
            pipeline.addLast(handler);
            pipeline.addLast(new ProtocolSniffer(service, visitor, false, true));
            pipeline.remove(this);
            return;
        }
        int compared = Math.min(in.readableBytes(), HTTP2_PREFACE.length);
        if (startsLikeHttp2(in, compared)) {
            if (compared < HTTP2_PREFACE.length) {
                return;
            }
            GrpcSignpost.install(pipeline, service, visitor);
            pipeline.remove(this);
            return;
        }
        addHttp(pipeline);
        pipeline.remove(this);
    }

    /** Whether the first TLS record is there; the ClientHello of a challenge fits into one. */
    private static boolean isWholeRecord(ByteBuf in) {
        return in.readableBytes() >= TLS_RECORD_HEADER
                && in.readableBytes() - TLS_RECORD_HEADER
                        >= Math.min(in.getUnsignedShort(in.readerIndex() + 3), MAX_TLS_RECORD);
    }

    /** Looks for the length-prefixed protocol name of RFC 8737, 3. */
    private static boolean offersChallenge(ByteBuf in) {
        for (int i = in.readerIndex(); i <= in.writerIndex() - CHALLENGE_PROTOCOL.length; i++) {
            int same = 0;
            while (same < CHALLENGE_PROTOCOL.length && in.getByte(i + same) == CHALLENGE_PROTOCOL[same]) {
                same++;
            }
            if (same == CHALLENGE_PROTOCOL.length) {
                return true;
            }
        }
        return false;
    }

    private static boolean startsLikeHttp2(ByteBuf in, int length) {
        for (int i = 0; i < length; i++) {
            if (in.getByte(in.readerIndex() + i) != HTTP2_PREFACE[i]) {
                return false;
            }
        }
        return true;
    }

    private void addHttp(ChannelPipeline pipeline) {
        pipeline.addLast(new HttpServerCodec(new HttpDecoderConfig()
                .setMaxInitialLineLength(service.limits().headBytes())
                .setMaxHeaderSize(service.limits().headBytes())));
        pipeline.addLast(new HttpFront(service, visitor, secure));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Throwable root = cause.getCause() == null ? cause : cause.getCause();
        if (root instanceof SSLException) {
            service.meters().refuse(Refusal.BAD_TLS, visitor.source(), "TLS handshake failed");
        }
        ChannelFuture unused = ctx.close(); // or reset by the peer before it said anything
    }

    /** Takes the client's address from a PROXY header, then looks at what follows it. */
    private final class ProxyHeader extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof HAProxyMessage header)) {
                ctx.fireChannelRead(message);
                return;
            }
            try {
                if (header.command() == HAProxyCommand.PROXY && header.sourceAddress() != null) {
                    visitor.source(IpAddress.parse(header.sourceAddress()).unmap());
                    if (!visitor.countAgainst(service.accounts().ofSource(visitor.source()))) {
                        service.meters()
                                .refuse(
                                        Refusal.SOURCE_CONNECTIONS,
                                        visitor.source(),
                                        "too many connections of one address");
                        ChannelFuture unused = ctx.close();
                        return;
                    }
                }
            } catch (IllegalArgumentException e) {
                refuse(ctx);
                return;
            } finally {
                ReferenceCountUtil.release(message);
            }
            ctx.pipeline().addLast(new ProtocolSniffer(service, visitor, false, false));
            ctx.pipeline().remove(this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            refuse(ctx);
        }

        private void refuse(ChannelHandlerContext ctx) {
            service.meters().refuse(Refusal.BAD_PROXY_HEADER, visitor.source(), "PROXY header does not parse");
            ChannelFuture unused = ctx.close();
        }
    }
}
