package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.runtime.acme.ChallengeHello;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.net.ProxyHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * Looks at the first bytes of a connection: TLS, then HTTP/1.1 or the first bytes of HTTP/2. In front of it stands what takes
 * the PROXY header off, if a trusted proxy is the peer.
 *
 * <p>Pipeline afterwards: {@code [tls] http front}. Confined to the event loop.
 */
public final class ProtocolSniffer extends ByteToMessageDecoder {
    private static final int TLS_HANDSHAKE_RECORD = 0x16;
    private static final byte[] HTTP2_PREFACE = "PRI * HTTP/2.0".getBytes(StandardCharsets.US_ASCII);

    private final HttpService service;
    private final Visitor visitor;
    private final boolean secure;

    private ProtocolSniffer(HttpService service, Visitor visitor, boolean secure) {
        this.service = service;
        this.visitor = visitor;
        this.secure = secure;
    }

    /** Has the first bytes of a new connection looked at. */
    public static void install(ChannelPipeline pipeline, HttpService service, Visitor visitor) {
        if (service.clients().isTrusted(visitor.source())) {
            pipeline.addLast(new ProxyHeader(new NamedVisitor(service, visitor)));
        }
        pipeline.addLast(new ProtocolSniffer(service, visitor, false));
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        ChannelPipeline pipeline = ctx.pipeline();
        if (!secure && in.getUnsignedByte(in.readerIndex()) == TLS_HANDSHAKE_RECORD) {
            Optional<SslContext> tls = service.tls().certificate();
            Optional<SslContext> challenge = service.tls().challenge();
            if (challenge.isPresent()) {
                if (!ChallengeHello.isWhole(in)) {
                    return;
                }
                if (ChallengeHello.offersChallenge(in)) {
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
            pipeline.addLast(new ProtocolSniffer(service, visitor, true));
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

    /** Counts the connection against the client that a proxy names. */
    private record NamedVisitor(HttpService service, Visitor visitor) implements ProxyHeader.Listener {
        @Override
        public boolean named(InetSocketAddress client) {
            visitor.source(ClientAddress.of(client));
            boolean hasRoom = visitor.countAgainst(service.accounts().ofSource(visitor.source()));
            if (!hasRoom) {
                service.meters()
                        .refuse(Refusal.SOURCE_CONNECTIONS, visitor.source(), "too many connections of one address");
            }
            return hasRoom;
        }

        @Override
        public void malformed() {
            service.meters().refuse(Refusal.BAD_PROXY_HEADER, visitor.source(), "PROXY header does not parse");
        }
    }
}
