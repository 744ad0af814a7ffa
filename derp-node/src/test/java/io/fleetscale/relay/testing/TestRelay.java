package io.fleetscale.relay.testing;

import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.tls.RelayCertificate;
import io.fleetscale.wire.ip.IpAddress;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A relay behind a listener of the simplest kind, as an owner of the library would write it. */
public final class TestRelay implements AutoCloseable {
    private final DerpRelay relay;
    private final EventLoopGroup loops;
    private final Channel listener;

    private TestRelay(DerpRelay relay, EventLoopGroup loops, Channel listener) {
        this.relay = relay;
        this.loops = loops;
        this.listener = listener;
    }

    public static TestRelay plain(RelayConfig config, Admission admission, int threads) {
        return start(config, admission, threads, null);
    }

    public static TestRelay tls(RelayConfig config, Admission admission, int threads, Path directory)
            throws IOException {
        RelayCertificate certificate =
                RelayCertificate.loadOrCreate(directory, List.of("localhost", "127.0.0.1"), InstantSource.system());
        return start(
                config,
                admission,
                threads,
                certificate.serverContext(config.identity().publicKey(), InstantSource.system()));
    }

    /** Behind a TLS context of the caller's. */
    public static TestRelay tls(RelayConfig config, Admission admission, SslContext context) {
        return start(config, admission, 1, context);
    }

    public DerpRelay relay() {
        return relay;
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.localAddress();
    }

    @Override
    public void close() {
        listener.close().syncUninterruptibly();
        relay.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private static TestRelay start(RelayConfig config, Admission admission, int threads, @Nullable SslContext tls) {
        DerpRelay relay = new DerpRelay(config, admission, new SimpleMeterRegistry());
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                threads, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Class<? extends ServerSocketChannel> type =
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        Channel listener = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        }
                        channel.pipeline()
                                .addLast(new ReadTimeoutHandler(5))
                                .addLast(new HttpServerCodec())
                                .addLast(new Front(relay));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
        return new TestRelay(relay, loops, listener);
    }

    private static final class Front extends SimpleChannelInboundHandler<HttpObject> {
        private final DerpRelay relay;

        Front(DerpRelay relay) {
            this.relay = relay;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
            if (!(message instanceof HttpRequest request)) {
                return;
            }
            if (new QueryStringDecoder(request.uri()).rawPath().equals("/derp")) {
                InetSocketAddress remote = (InetSocketAddress) ctx.channel().remoteAddress();
                relay.upgrade(ctx, request, IpAddress.of(remote.getAddress()));
                return;
            }
            FullHttpResponse response = relay.answer(request).orElseGet(() -> {
                FullHttpResponse missing =
                        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NOT_FOUND);
                missing.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
                return missing;
            });
            var unused = ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            var unused = ctx.close();
        }
    }
}
