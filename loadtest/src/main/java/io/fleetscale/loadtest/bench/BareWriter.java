package io.fleetscale.loadtest.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The floor under a delivered message: a writer that has nothing to do but to hand ready bytes to as many sockets of the loopback
 * interface. It does not encrypt, frame, look anything up or allocate; what is left is Netty's outbound buffer, one system
 * call for each socket, and the packet's way through the kernel. Confined to one thread.
 */
final class BareWriter implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final List<Thread> writers = new CopyOnWriteArrayList<>();
    private final List<Channel> accepted = new CopyOnWriteArrayList<>();
    private final LongAdder received = new LongAdder();
    private final EventLoopGroup writing;
    private final EventLoopGroup reading;
    private final ByteBuf message;
    private long sent;

    private static final class Accepting extends ChannelInitializer<Channel> {
        private final List<Channel> accepted;

        Accepting(List<Channel> accepted) {
            this.accepted = accepted;
        }

        @Override
        protected void initChannel(Channel channel) {
            accepted.add(channel);
        }
    }

    @ChannelHandler.Sharable
    private static final class Counting extends ChannelInboundHandlerAdapter {
        private final LongAdder received;

        Counting(LongAdder received) {
            this.received = received;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object read) {
            ByteBuf bytes = (ByteBuf) read;
            received.add(bytes.readableBytes());
            bytes.release();
        }
    }

    /**
     * Opens the connections.
     *
     * @param bytes of each message
     */
    BareWriter(int connections, int bytes) throws InterruptedException {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        int processors = Runtime.getRuntime().availableProcessors();
        this.writing = new MultiThreadIoEventLoopGroup(
                processors,
                task -> {
                    Thread thread = new Thread(task, "bare-writer");
                    thread.setDaemon(true);
                    writers.add(thread);
                    return thread;
                },
                io);
        this.reading = new MultiThreadIoEventLoopGroup(processors, io);
        this.message = Unpooled.unreleasableBuffer(
                Unpooled.directBuffer(bytes).writeZero(bytes).asReadOnly());
        Channel listener = new ServerBootstrap()
                .group(writing)
                .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .childHandler(new Accepting(accepted))
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        Bootstrap bootstrap = new Bootstrap()
                .group(reading)
                .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .handler(new Counting(received));
        for (int i = 0; i < connections; i++) {
            bootstrap.connect(listener.localAddress()).sync();
        }
        await(() -> accepted.size() >= connections, "connections");
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition, String what) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("bare writer: not all " + what + " within " + LIMIT);
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    /** Microseconds of CPU for one message: {@code rounds} times one message to each connection. */
    double microsPerMessage(int rounds) throws InterruptedException {
        Map<EventLoop, List<Channel>> byLoop = new HashMap<>();
        accepted.forEach(channel -> byLoop.computeIfAbsent(channel.eventLoop(), loop -> new ArrayList<>())
                .add(channel));
        long before = cpuNanos();
        for (int round = 0; round < rounds; round++) {
            byLoop.forEach((loop, channels) -> loop.execute(() -> channels.forEach(channel -> {
                ChannelFuture unused = channel.writeAndFlush(message.duplicate(), channel.voidPromise());
            })));
            sent += (long) accepted.size() * message.readableBytes();
            long due = sent;
            await(() -> received.sum() >= due, "messages");
        }
        return (cpuNanos() - before) / 1000.0 / rounds / accepted.size();
    }

    private long cpuNanos() {
        long[] ids = writers.stream().mapToLong(Thread::threadId).toArray();
        return Arrays.stream(ids)
                .map(THREADS::getThreadCpuTime)
                .filter(nanos -> nanos > 0)
                .sum();
    }

    @Override
    public void close() {
        writing.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        reading.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
