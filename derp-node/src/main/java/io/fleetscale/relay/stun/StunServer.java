package io.fleetscale.relay.stun;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Listens for STUN on UDP with one thread of its own. The answer leaves from the socket that was asked: bind every
 * address by itself on a machine with several, because a wildcard socket answers from the address that the routes
 * choose. An IPv6 wildcard also hears IPv4. Uses epoll where it is present, else NIO. Thread-safe.
 */
public final class StunServer implements AutoCloseable {
    private static final int DATAGRAM_BYTES = 512;
    private static final int DATAGRAMS_PER_READ = 32;
    /** Answers beyond this are dropped; nodes ask again. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

    private static final long STOP_MILLIS = 500;

    private final List<InetSocketAddress> addresses;
    private final StunCounters counters = new StunCounters();
    private final List<Channel> channels = new ArrayList<>();
    private final EventLoopGroup group;
    private final boolean epoll;

    /**
     * @param addresses where to listen; port 0 takes any free one
     */
    public StunServer(List<InetSocketAddress> addresses, MeterRegistry meters) {
        this(addresses, meters, Epoll.isAvailable());
    }

    StunServer(List<InetSocketAddress> addresses, MeterRegistry meters, boolean epoll) {
        this.addresses = List.copyOf(addresses);
        this.epoll = epoll;
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        // The thread starts with the first socket.
        this.group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("relay-stun", true), io);
        counters.bindTo(meters);
    }

    /**
     * Opens the sockets.
     *
     * @return where it listens, in the order of the configured addresses
     * @throws IOException naming the address that cannot be had; nothing is left open then
     */
    public synchronized List<InetSocketAddress> start() throws IOException {
        List<InetSocketAddress> bound = new ArrayList<>();
        for (InetSocketAddress address : addresses) {
            Bootstrap bootstrap = new Bootstrap()
                    .group(group)
                    .channelFactory(this::newChannel)
                    .handler(new StunHandler(counters))
                    .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                    .option(
                            ChannelOption.RECVBUF_ALLOCATOR,
                            new FixedRecvByteBufAllocator(DATAGRAM_BYTES * (epoll ? DATAGRAMS_PER_READ : 1)));
            if (epoll) {
                bootstrap.option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, DATAGRAM_BYTES);
            }
            var binding = bootstrap.bind(address).awaitUninterruptibly();
            if (!binding.isSuccess()) {
                close();
                throw new IOException("STUN cannot listen on UDP " + address, binding.cause());
            }
            channels.add(binding.channel());
            bound.add((InetSocketAddress) binding.channel().localAddress());
        }
        return bound;
    }

    /** Requests that were answered. */
    public long answered() {
        return counters.success();
    }

    /** Closes the sockets and stops the thread; waits for it briefly. Not to be called on that thread. */
    @Override
    public synchronized void close() {
        channels.forEach(channel -> channel.close().syncUninterruptibly());
        channels.clear();
        boolean unused =
                group.shutdownGracefully(0, STOP_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly(2 * STOP_MILLIS);
    }

    private DatagramChannel newChannel() {
        return epoll ? new EpollDatagramChannel() : new NioDatagramChannel();
    }
}
