package io.fleetscale.runtime.net;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The event loops of a process and the channels that fit them: epoll on Linux, the JDK's selectors elsewhere.
 *
 * <p>Thread-safe. The loops start with the first channel; {@link #close} waits for them.
 */
public final class Transport implements AutoCloseable {
    private static final Duration QUIET = Duration.ofMillis(0);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final boolean epoll;
    private final EventLoopGroup loops;

    private Transport(boolean epoll, EventLoopGroup loops) {
        this.epoll = epoll;
        this.loops = loops;
    }

    /**
     * The best that this machine offers.
     *
     * @param name of the threads
     * @param threads how many; 0 for one per processor
     */
    public static Transport best(String name, int threads) {
        return of(Epoll.isAvailable(), name, threads);
    }

    /** Only the JDK's own, for machines whose kernel or container forbids the other one. */
    public static Transport portable(String name, int threads) {
        return of(false, name, threads);
    }

    private static Transport of(boolean epoll, String name, int threads) {
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        return new Transport(
                epoll, new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory(name, true), handlers));
    }

    public EventLoopGroup loops() {
        return loops;
    }

    public boolean isEpoll() {
        return epoll;
    }

    public Class<? extends ServerSocketChannel> serverChannel() {
        return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    public Class<? extends SocketChannel> clientChannel() {
        return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
    }

    public Class<? extends DatagramChannel> datagramChannel() {
        return epoll ? EpollDatagramChannel.class : NioDatagramChannel.class;
    }

    /** For unix sockets. */
    public Class<? extends ServerChannel> serverDomainChannel() {
        return epoll ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class;
    }

    /** For unix sockets. */
    public Class<? extends Channel> clientDomainChannel() {
        return epoll ? EpollDomainSocketChannel.class : NioDomainSocketChannel.class;
    }

    @Override
    public void close() {
        loops.shutdownGracefully(QUIET.toMillis(), CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(2 * CLOSE_LIMIT.toMillis());
    }
}
