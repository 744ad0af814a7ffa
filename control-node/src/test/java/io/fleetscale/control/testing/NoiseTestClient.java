package io.fleetscale.control.testing;

import io.fleetscale.control.frontdoor.noise.NoiseRecords;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.noise.EarlyPayload;
import io.fleetscale.wire.noise.InitiatorHandshake;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.fleetscale.wire.noise.NoiseException;
import io.fleetscale.wire.noise.NoiseFormat;
import io.fleetscale.wire.noise.RecordOpener;
import io.fleetscale.wire.noise.RecordSealer;
import io.fleetscale.wire.noise.TransportKeys;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client of the control protocol: upgrade, Noise, HTTP/2. Any thread may call; listeners run on the event loop.
 *
 * <p>{@snippet :
 * try (NoiseTestClient client = NoiseTestClient.connect(group, Target.plain(address), machine, serverKey, 145).join()) {
 *     Answer answer = client.call("POST", "/machine/register", body).join();
 * }
 * }
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures reach the caller by his own future or listener
public final class NoiseTestClient implements AutoCloseable {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int MAX_HEAD_BYTES = 8192;

    private final Channel channel;
    private final Optional<EarlyPayload> early;

    private NoiseTestClient(Channel channel, Optional<EarlyPayload> early) {
        this.channel = channel;
        this.early = early;
    }

    /**
     * Where and how to connect.
     *
     * @param tls the TLS to speak; empty for plain HTTP
     * @param preamble bytes before everything else, such as a PROXY header
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    public record Target(InetSocketAddress address, Optional<SslContext> tls, byte[] preamble) {
        public static Target plain(InetSocketAddress address) {
            return new Target(address, Optional.empty(), new byte[0]);
        }
    }

    /** A whole answer. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    public record Answer(int status, Http2Headers headers, byte[] body) {
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** Told about an answer that comes in pieces; on the event loop. */
    public interface StreamListener {
        void onHead(int status);

        /** @param piece not to be kept */
        void onData(ByteBuf piece);

        /** @param cause empty if the body ended as it should */
        void onEnd(Optional<Throwable> cause);
    }

    /** Connects and shakes hands; fails with the server's text if it refuses. */
    public static CompletableFuture<NoiseTestClient> connect(
            EventLoopGroup group, Target target, MachinePrivateKey machine, MachineKey server, int version) {
        CompletableFuture<NoiseTestClient> connected = new CompletableFuture<>();
        InitiatorHandshake handshake;
        try {
            handshake = InitiatorHandshake.start(machine, server, version, RANDOM);
        } catch (NoiseException e) {
            return CompletableFuture.failedFuture(e);
        }
        new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (target.tls().isPresent()) {
                            channel.pipeline().addLast(target.tls().get().newHandler(channel.alloc()));
                        }
                        channel.pipeline().addLast(new Upgrading(target, handshake, connected));
                    }
                })
                .connect(target.address())
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        connected.completeExceptionally(done.cause());
                    }
                });
        return connected;
    }

    /** What the server sent before HTTP/2, if anything. */
    public Optional<EarlyPayload> early() {
        return early;
    }

    public Channel channel() {
        return channel;
    }

    public CompletableFuture<Answer> call(String method, String path, byte[] body) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        open(method, path, body, new Collecting(answer)).whenComplete((stream, failure) -> {
            if (failure != null) {
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    /** Opens a stream whose answer comes in pieces; closing the channel resets it. */
    public CompletableFuture<Http2StreamChannel> stream(
            String method, String path, byte[] body, StreamListener listener) {
        return open(method, path, body, new Listening(listener));
    }

    private CompletableFuture<Http2StreamChannel> open(
            String method, String path, byte[] body, ChannelInboundHandlerAdapter handler) {
        CompletableFuture<Http2StreamChannel> opened = new CompletableFuture<>();
        new Http2StreamChannelBootstrap(channel).handler(handler).open().addListener(done -> {
            if (!done.isSuccess()) {
                opened.completeExceptionally(done.cause());
                return;
            }
            Http2StreamChannel stream = (Http2StreamChannel) done.getNow();
            Http2Headers headers = new DefaultHttp2Headers()
                    .method(method)
                    .path(path)
                    .scheme("https")
                    .authority("unused");
            if (body.length > 0) {
                headers.setInt("content-length", body.length);
            }
            stream.write(new DefaultHttp2HeadersFrame(headers, body.length == 0))
                    .addListener(written -> {
                        if (!written.isSuccess()) {
                            stream.pipeline().fireExceptionCaught(written.cause());
                        }
                    });
            if (body.length > 0) {
                stream.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body), true));
            }
            stream.flush();
            opened.complete(stream);
        });
        return opened;
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly(1000);
    }

    /** Writes the request, reads the 101, the response and the early payload. */
    private static final class Upgrading extends ByteToMessageDecoder {
        private final Target target;
        private final InitiatorHandshake handshake;
        private final CompletableFuture<NoiseTestClient> connected;
        private boolean headRead;

        Upgrading(Target target, InitiatorHandshake handshake, CompletableFuture<NoiseTestClient> connected) {
            this.target = target;
            this.handshake = handshake;
            this.connected = connected;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            String head = String.join(
                    "\r\n",
                    "POST /ts2021 HTTP/1.1",
                    "Host: control.example:80",
                    "User-Agent: Go-http-client/1.1",
                    "Content-Length: 0",
                    "Connection: upgrade",
                    "Upgrade: tailscale-control-protocol",
                    "X-Tailscale-Handshake: " + handshake.initiationBase64(),
                    "",
                    "");
            ByteBuf request = Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII);
            if (target.preamble().length > 0) {
                // below TLS: a proxy speaks before the client does
                ctx.channel().pipeline().firstContext().writeAndFlush(Unpooled.wrappedBuffer(target.preamble()));
            }
            ctx.writeAndFlush(request);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws NoiseException {
            if (!headRead && !readHead(in)) {
                return;
            }
            if (in.readableBytes() < NoiseFormat.HEADER_LENGTH) {
                return;
            }
            byte[] header = new byte[NoiseFormat.HEADER_LENGTH];
            in.getBytes(in.readerIndex(), header);
            int length = InitiatorHandshake.answerLength(header);
            if (in.readableBytes() < length) {
                return;
            }
            byte[] answer = new byte[length];
            in.readBytes(answer);
            TransportKeys keys = handshake.finish(answer);
            ChannelPipeline pipeline = ctx.pipeline();
            pipeline.addLast(new NoiseRecords(
                    new RecordSealer(keys.clientToServer()), new RecordOpener(keys.serverToClient()), () -> {}));
            pipeline.addLast(new Early(connected));
            pipeline.remove(this);
        }

        /** Whether the head is complete and a 101. */
        private boolean readHead(ByteBuf in) {
            int end = indexOfHeadEnd(in);
            if (end < 0) {
                if (in.readableBytes() > MAX_HEAD_BYTES) {
                    connected.completeExceptionally(new IOException("answer without end of head"));
                }
                return false;
            }
            String head = in.readCharSequence(end, StandardCharsets.US_ASCII).toString();
            headRead = true;
            if (!head.startsWith("HTTP/1.1 101 ") || !head.contains("Upgrade: tailscale-control-protocol\r\n")) {
                connected.completeExceptionally(new IOException("no upgrade: " + head));
                return false;
            }
            return true;
        }

        private static int indexOfHeadEnd(ByteBuf in) {
            for (int i = in.readerIndex(); i + 4 <= in.writerIndex(); i++) {
                if (in.getInt(i) == 0x0D0A0D0A) {
                    return i + 4 - in.readerIndex();
                }
            }
            return -1;
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            super.channelInactive(ctx);
            connected.completeExceptionally(new IOException("closed by the server during the handshake"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Throwable root = cause.getCause() == null ? cause : cause.getCause();
            connected.completeExceptionally(root);
            ctx.close();
        }
    }

    /** Nine bytes decide between an early payload and HTTP/2. */
    private static final class Early extends ByteToMessageDecoder {
        private final CompletableFuture<NoiseTestClient> connected;
        private Optional<EarlyPayload> early = Optional.empty();

        Early(CompletableFuture<NoiseTestClient> connected) {
            this.connected = connected;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws NoiseException {
            if (in.readableBytes() < EarlyPayload.HEADER_LENGTH) {
                return;
            }
            byte[] header = new byte[EarlyPayload.HEADER_LENGTH];
            in.getBytes(in.readerIndex(), header);
            Optional<Integer> length = EarlyPayload.jsonLength(header);
            if (length.isPresent()) {
                if (in.readableBytes() < header.length + length.get()) {
                    return;
                }
                in.skipBytes(header.length);
                byte[] json = new byte[length.get()];
                in.readBytes(json);
                early = Optional.of(EarlyPayload.decode(json));
            }
            ChannelPipeline pipeline = ctx.pipeline();
            pipeline.addLast(Http2FrameCodecBuilder.forClient()
                    .initialSettings(Http2Settings.defaultSettings().pushEnabled(false))
                    .build());
            pipeline.addLast(new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
            pipeline.addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext tail, Object message) {
                    ReferenceCountUtil.release(message);
                }

                @Override
                public void exceptionCaught(ChannelHandlerContext tail, Throwable cause) {
                    tail.close();
                }
            });
            pipeline.remove(this);
            connected.complete(new NoiseTestClient(ctx.channel(), early));
        }
    }

    /** One stream's frames to a listener. */
    private static class Listening extends ChannelInboundHandlerAdapter {
        private final StreamListener listener;
        private boolean ended;

        Listening(StreamListener listener) {
            this.listener = listener;
        }

        void onHeaders(Http2Headers headers) {
            listener.onHead(Integer.parseInt(headers.status().toString()));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                switch (message) {
                    case Http2HeadersFrame head -> {
                        onHeaders(head.headers());
                        if (head.isEndStream()) {
                            end(Optional.empty());
                        }
                    }
                    case Http2DataFrame data -> {
                        listener.onData(data.content());
                        if (data.isEndStream()) {
                            end(Optional.empty());
                        }
                    }
                    default -> {}
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof Http2ResetFrame reset) {
                end(Optional.of(new IOException("stream reset by the server: " + reset.errorCode())));
            }
            ReferenceCountUtil.release(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end(Optional.of(new IOException("stream closed")));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end(Optional.of(cause));
            ctx.close();
        }

        private void end(Optional<Throwable> cause) {
            if (!ended) {
                ended = true;
                listener.onEnd(cause);
            }
        }
    }

    /** Gathers a whole answer. */
    private static final class Collecting extends Listening {
        private final Gatherer gatherer;

        Collecting(CompletableFuture<Answer> answer) {
            this(new Gatherer(answer));
        }

        private Collecting(Gatherer gatherer) {
            super(gatherer);
            this.gatherer = gatherer;
        }

        @Override
        void onHeaders(Http2Headers headers) {
            gatherer.headers = headers;
            super.onHeaders(headers);
        }
    }

    private static final class Gatherer implements StreamListener {
        private final CompletableFuture<Answer> answer;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private @Nullable Http2Headers headers;
        private int status;

        Gatherer(CompletableFuture<Answer> answer) {
            this.answer = answer;
        }

        @Override
        public void onHead(int value) {
            status = value;
        }

        @Override
        public void onData(ByteBuf piece) {
            byte[] bytes = new byte[piece.readableBytes()];
            piece.readBytes(bytes);
            body.writeBytes(bytes);
        }

        @Override
        public void onEnd(Optional<Throwable> cause) {
            Http2Headers head = headers;
            if (cause.isPresent() || head == null) {
                answer.completeExceptionally(cause.orElseGet(() -> new IOException("no headers")));
            } else {
                answer.complete(new Answer(status, head, body.toByteArray()));
            }
        }
    }
}
