package io.fleetscale.loadtest.client;

import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.noise.InitiatorHandshake;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.fleetscale.wire.noise.NoiseException;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One Noise connection with HTTP/2 inside. To be used on its event loop only. */
final class ControlConnection {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int CONNECT_TIMEOUT_MILLIS = 30_000;
    /** For connection, upgrade and handshake: a stopped server takes connections and says nothing. */
    private static final int OPEN_LIMIT_SECONDS = 30;

    /** What the real client's transport grants. Source: golang.org/x/net/http2, transportDefaultStreamFlow, -ConnFlow. */
    private static final int STREAM_WINDOW = 4 << 20;

    private static final int CONNECTION_WINDOW_INCREMENT = 1 << 30;

    private final Channel channel;

    private ControlConnection(Channel channel) {
        this.channel = channel;
    }

    /** A connection that is being made. */
    static final class Opening {
        private final CompletableFuture<ControlConnection> connected = new CompletableFuture<>();

        private Opening() {}

        void fail(Throwable cause) {
            connected.completeExceptionally(cause);
        }

        /** Puts HTTP/2 at the end of the pipeline and tells who waits. */
        void start(ChannelHandlerContext ctx) {
            Http2FrameCodec http2 = Http2FrameCodecBuilder.forClient()
                    .initialSettings(
                            Http2Settings.defaultSettings().pushEnabled(false).initialWindowSize(STREAM_WINDOW))
                    .build();
            ChannelPipeline pipeline = ctx.pipeline();
            pipeline.addLast(http2);
            pipeline.addLast(new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
            pipeline.addLast(Tail.INSTANCE);
            try {
                Http2Connection connection = http2.connection();
                connection
                        .local()
                        .flowController()
                        .incrementWindowSize(connection.connectionStream(), CONNECTION_WINDOW_INCREMENT);
            } catch (Http2Exception e) {
                fail(e);
                ChannelFuture unused = ctx.close();
                return;
            }
            connected.complete(new ControlConnection(ctx.channel()));
        }
    }

    /** Connects and shakes hands; fails with the server's text if it refuses. */
    static CompletableFuture<ControlConnection> open(
            ClientLoops loops,
            EventLoop loop,
            ControlUrl url,
            MachinePrivateKey machine,
            MachineKey server,
            int version) {
        InitiatorHandshake handshake;
        try {
            handshake = InitiatorHandshake.start(machine, server, version, RANDOM);
        } catch (NoiseException e) {
            return CompletableFuture.failedFuture(e);
        }
        Opening opening = new Opening();
        ChannelFuture connect = new Bootstrap()
                .group(loop)
                .channel(loops.channelType())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        url.tls()
                                .ifPresent(tls -> channel.pipeline()
                                        .addLast(tls.newHandler(channel.alloc(), url.host(), url.port())));
                        channel.pipeline().addLast(new UpgradeHandler(url, handshake, opening));
                    }
                })
                .connect(url.address());
        connect.addListener(done -> {
            if (!done.isSuccess()) {
                opening.fail(done.cause());
            }
        });
        ScheduledFuture<?> limit = loop.schedule(
                () -> {
                    opening.fail(new ControlException("no handshake within " + OPEN_LIMIT_SECONDS + " s"));
                    ChannelFuture unused = connect.channel().close();
                },
                OPEN_LIMIT_SECONDS,
                TimeUnit.SECONDS);
        CompletableFuture<?> unused = opening.connected.whenComplete((made, failure) -> limit.cancel(false));
        return opening.connected;
    }

    /** Sends a request whose whole answer is wanted. */
    CompletableFuture<Answer> post(String path, byte[] body) {
        AnswerCollector collector = new AnswerCollector();
        CompletableFuture<?> unused = open(path, body, collector).whenComplete((stream, failure) -> {
            if (failure != null) {
                collector.fail(failure);
            }
        });
        return collector.answer();
    }

    /** Sends a request whose answer comes in pieces to {@code handler}, a handler of HTTP/2 stream frames. */
    CompletableFuture<Http2StreamChannel> open(String path, byte[] body, ChannelInboundHandlerAdapter handler) {
        CompletableFuture<Http2StreamChannel> opened = new CompletableFuture<>();
        new Http2StreamChannelBootstrap(channel).handler(handler).open().addListener(done -> {
            if (!done.isSuccess()) {
                opened.completeExceptionally(done.cause());
                return;
            }
            Http2StreamChannel stream = (Http2StreamChannel) done.getNow();
            Http2Headers headers = new DefaultHttp2Headers()
                    .method("POST")
                    .path(path)
                    .scheme("https")
                    .authority("control")
                    .setInt("content-length", body.length);
            ChannelFuture unusedHead = stream.write(new DefaultHttp2HeadersFrame(headers, false));
            stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body), true))
                    .addListener(written -> {
                        if (!written.isSuccess()) {
                            stream.pipeline().fireExceptionCaught(written.cause());
                        }
                    });
            opened.complete(stream);
        });
        return opened;
    }

    boolean isActive() {
        return channel.isActive();
    }

    /** Drops the TCP connection without a word, as a lost network does after its timeout. */
    void close() {
        ChannelFuture unused = channel.close();
    }

    /** What is left of HTTP/2's own events. */
    @io.netty.channel.ChannelHandler.Sharable
    private static final class Tail extends ChannelInboundHandlerAdapter {
        static final Tail INSTANCE = new Tail();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ChannelFuture unused = ctx.close();
        }
    }
}
