package io.fleetscale.loadtest.client;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The threads that all simulated nodes of a process share: epoll where there is one, else NIO. Thread-safe. */
public final class ClientLoops implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup group;
    private final Class<? extends Channel> channelType;
    private final HttpClient http;

    /** Starts {@code threads} event loops. */
    public ClientLoops(int threads) {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        this.group = new MultiThreadIoEventLoopGroup(threads, factory);
        this.channelType = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .build();
    }

    /** One loop for each processor. */
    public static ClientLoops ofProcessors() {
        return new ClientLoops(Runtime.getRuntime().availableProcessors());
    }

    EventLoop next() {
        return group.next();
    }

    Class<? extends Channel> channelType() {
        return channelType;
    }

    HttpClient http() {
        return http;
    }

    @Override
    public void close() {
        http.shutdownNow();
        Future<?> ended = group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
        ended.awaitUninterruptibly(10, TimeUnit.SECONDS);
    }
}
