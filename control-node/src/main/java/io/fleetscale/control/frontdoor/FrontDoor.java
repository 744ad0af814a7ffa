package io.fleetscale.control.frontdoor;

import io.fleetscale.control.frontdoor.http.EmbeddedRelay;
import io.fleetscale.control.frontdoor.http.HttpService;
import io.fleetscale.control.frontdoor.http.ProtocolSniffer;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.frontdoor.limit.Accounts;
import io.fleetscale.control.frontdoor.limit.ByteBudget;
import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.FrontDoorMeters;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.control.frontdoor.noise.NoiseEntrance;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.tls.TlsOffer;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The main listener: everything that clients, browsers and API tools reach by HTTP(S), and the Noise connections of
 * nodes. {@link #start} binds, {@link #drain} sends clients away gently, {@link #resetConnections} at once, {@link
 * #close} ends it. Thread-safe.
 */
public final class FrontDoor implements AutoCloseable {
    private static final int ACCEPT_BACKLOG = 4096;
    private static final int USER_TIMEOUT_MILLIS = 60_000;
    private static final Duration QUIET_CLOSE = Duration.ofSeconds(2);

    private final FrontDoorConfig config;
    private final FrontDoorMeters meters;
    private final HttpService service;
    private final ThreadPoolExecutor handshakes;
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final EventLoopGroup eventLoops;
    private final ChannelGroup listeners = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    /**
     * @param relay what answers {@code /derp}; without it that path is unknown
     * @param tls asked for each TLS connection, so that a renewed certificate is taken up; its ALPN must prefer http/1.1; h2
     *     is for gRPC clients, which learn where to go
     * @param nanoTime a monotonic clock
     */
    public FrontDoor(
            FrontDoorConfig config,
            MachinePrivateKey serverKey,
            RouteTable routes,
            NoiseRoutes rpcs,
            Optional<EmbeddedRelay> relay,
            TlsOffer tls,
            MeterRegistry registry,
            LongSupplier nanoTime) {
        this.config = config;
        this.meters = new FrontDoorMeters(registry, nanoTime);
        Limits limits = config.limits();
        Accounts accounts = new Accounts(limits, nanoTime);
        ByteBudget bodies = new ByteBudget(limits.bodyBytesInFlight());
        int processors = Runtime.getRuntime().availableProcessors();
        int handshakeThreads = config.handshakeThreads() == 0 ? processors : config.handshakeThreads();
        this.handshakes = new ThreadPoolExecutor(
                handshakeThreads,
                handshakeThreads,
                1,
                TimeUnit.MINUTES,
                new ArrayBlockingQueue<>(limits.waitingHandshakes()),
                new DefaultThreadFactory("noise-handshake", true));
        handshakes.allowCoreThreadTimeOut(true);
        NoiseEntrance noise = new NoiseEntrance(
                serverKey,
                config.minimumCapabilityVersion(),
                rpcs,
                limits,
                accounts,
                meters,
                bodies,
                handshakes,
                calls);
        this.service = new HttpService(
                routes,
                noise,
                relay,
                tls,
                new ClientAddress(config.trustedProxies()),
                limits,
                accounts,
                meters,
                bodies,
                calls,
                new Semaphore(limits.concurrentRequests()),
                config.grpcAddress(),
                config.admitting());
        IoHandlerFactory io = Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        this.eventLoops = new MultiThreadIoEventLoopGroup(
                config.eventLoops() == 0 ? processors : config.eventLoops(),
                new DefaultThreadFactory("front-door", true),
                io);
    }

    /**
     * Binds all addresses.
     *
     * @throws IOException naming the address that could not be bound; nothing is bound then
     */
    public void start() throws IOException {
        Class<? extends ServerChannel> type =
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(eventLoops)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        welcome(channel);
                    }
                });
        if (Epoll.isAvailable()) {
            bootstrap.childOption(EpollChannelOption.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLIS);
        }
        for (InetSocketAddress address : config.listen()) {
            var bound = bootstrap.bind(address).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                listeners.close().awaitUninterruptibly();
                String why = bound.cause() == null ? "unknown" : bound.cause().getMessage();
                throw new IOException("cannot listen on " + address + ": " + why, bound.cause());
            }
            listeners.add(bound.channel());
        }
    }

    private void welcome(Channel channel) {
        IpAddress peer = ClientAddress.of(channel.remoteAddress());
        boolean tooMany =
                meters.connections().incrementAndGet() > config.limits().connections();
        Visitor visitor = new Visitor(channel, peer, () -> meters.count(Refusal.TIMEOUT));
        channel.closeFuture().addListener(closed -> {
            meters.connections().decrementAndGet();
            visitor.clearDeadline();
            visitor.leave();
        });
        if (tooMany) {
            meters.refuse(Refusal.TOO_MANY_CONNECTIONS, peer, "too many connections in all");
            Visitor.closeNow(channel);
            return;
        }
        // A trusted proxy brings many clients; each is counted when it is named.
        if (!service.clients().isTrusted(peer)
                && !visitor.countAgainst(service.accounts().ofSource(peer))) {
            meters.refuse(Refusal.SOURCE_CONNECTIONS, peer, "too many connections of one address");
            Visitor.closeNow(channel);
            return;
        }
        connections.add(channel);
        visitor.deadline(config.limits().headTimeout());
        ProtocolSniffer.install(channel.pipeline(), service, visitor);
    }

    /** Where it listens, in the order of the configuration, with the ports that were taken. */
    public List<InetSocketAddress> addresses() {
        List<InetSocketAddress> bound = new ArrayList<>();
        for (Channel listener : listeners) {
            SocketAddress address = listener.localAddress();
            if (address instanceof InetSocketAddress inet) {
                bound.add(inet);
            }
        }
        return bound;
    }

    public FrontDoorMeters meters() {
        return meters;
    }

    /** Open connections of every kind. */
    public int connections() {
        return connections.size();
    }

    /** Takes no new connections; those that are there go on. */
    public void stopAccepting() {
        listeners.close().awaitUninterruptibly();
    }

    /** Takes no new connections and closes each existing one (HTTP/2 with GOAWAY) at a random moment within {@code over}. */
    public void drain(Duration over) {
        stopAccepting();
        for (Channel connection : connections) {
            long delay = ThreadLocalRandom.current().nextLong(Math.max(1, over.toMillis()));
            var unused = connection.eventLoop().schedule(() -> close(connection), delay, TimeUnit.MILLISECONDS);
        }
    }

    private static void close(Channel connection) {
        ChannelFuture unused = connection.close();
    }

    /** Resets every connection (RST), so that clients go to another instance at once. */
    public void resetConnections() {
        for (Channel connection : connections) {
            connection.config().setOption(ChannelOption.SO_LINGER, 0);
            Visitor.closeNow(connection);
        }
    }

    @Override
    public void close() {
        stopAccepting();
        connections.close().awaitUninterruptibly(QUIET_CLOSE.toMillis());
        resetConnections();
        calls.shutdownNow();
        handshakes.shutdownNow();
        eventLoops
                .shutdownGracefully(0, QUIET_CLOSE.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(2 * QUIET_CLOSE.toMillis());
    }
}
