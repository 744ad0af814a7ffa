package io.fleetscale.relay;

import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.http.RelayPages;
import io.fleetscale.relay.http.Takeover;
import io.fleetscale.relay.http.UpgradeAnswer;
import io.fleetscale.relay.http.UpgradeRequest;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.mesh.Mesh;
import io.fleetscale.relay.mesh.MeshServices;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.metrics.RelayMetrics;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.relay.routing.Presence;
import io.fleetscale.relay.routing.RelayLoop;
import io.fleetscale.relay.routing.RelayLoops;
import io.fleetscale.relay.session.DerpSession;
import io.fleetscale.relay.session.Handshakes;
import io.fleetscale.relay.session.QueueMemory;
import io.fleetscale.relay.session.SessionServices;
import io.fleetscale.runtime.net.ProxyHeader;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.NodeKey;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;

/**
 * The relay. It listens nowhere: its owner accepts connections, speaks TLS and HTTP/1.1, and passes on what belongs to
 * the relay. {@code /derp} goes to {@link #upgrade}, other paths to {@link #answer}. Thread-safe.
 *
 * <p>Packets are handled on the event loops of the channels that are passed in; greetings are opened on a few threads
 * of the relay's own, which start with the first connection.
 */
public final class DerpRelay implements AutoCloseable {
    private final RelayConfig config;
    private final RelayMetrics metrics = new RelayMetrics();
    private final RelayLoops loops = new RelayLoops(metrics);
    private final LiveSessions sessions;
    private final PeerRegistry peers;
    private final Handshakes handshakes;
    private final SessionServices services;
    private final QueueMemory queueMemory;
    private final AtomicReference<MeshKeys> meshKeys = new AtomicReference<>(MeshKeys.NONE);
    private final byte[] framesAnswer;
    private volatile ReceiveRate receiveRate;

    /**
     * @throws IllegalArgumentException with all problems of the configuration
     */
    public DerpRelay(RelayConfig config, Admission admission, MeterRegistry meters) {
        List<String> problems = config.validate();
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("relay configuration: " + String.join("; ", problems));
        }
        this.config = config;
        this.receiveRate = config.receiveRate();
        this.peers = new PeerRegistry(config.connections().connectionsPerKey());
        this.handshakes = new Handshakes(
                config.identity(),
                admission,
                meshKeys::get,
                () -> receiveRate.serverInfo(),
                config.connections().pendingHandshakes());
        this.queueMemory = new QueueMemory(config.queues().totalBytes());
        this.sessions = new LiveSessions(config.connections().connections(), peers, queueMemory);
        this.services = new SessionServices(
                publicKey(),
                peers,
                handshakes,
                config.queues(),
                queueMemory,
                () -> receiveRate,
                config.timers(),
                sessions);
        this.framesAnswer = UpgradeAnswer.frames(publicKey());
        metrics.bindTo(meters, sessions);
        Gauge.builder("derp_rate_limit_per_client_bytes_per_second", () -> receiveRate.bytesPerSecond())
                .register(meters);
        Gauge.builder("derp_rate_limit_per_client_burst_bytes", () -> receiveRate.burstBytes())
                .register(meters);
    }

    /** The relay's own key, by which nodes know it. */
    public NodeKey publicKey() {
        return config.identity().publicKey();
    }

    /** The secrets by which other relays of the region are known from now on; connections that are there stay. */
    public void useMeshKeys(MeshKeys keys) {
        meshKeys.set(keys);
    }

    /**
     * How fast each node may send from now on, those that are connected included; nobody is disconnected.
     *
     * @throws IllegalArgumentException with all problems of the rate
     */
    public void useReceiveRate(ReceiveRate rate) {
        List<String> problems = rate.validate();
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("receive rate: " + String.join("; ", problems));
        }
        receiveRate = rate;
        sessions.forEach(session -> session.changeReceiveRate(rate));
    }

    /** The relay's side of a mesh, on the event loops on which its connections are; whoever asks closes it. */
    public Mesh mesh(Transport transport) {
        return new Mesh(
                new MeshServices(
                        config.identity(), meshKeys::get, peers, config.queues(), queueMemory, config.timers()),
                transport,
                loops);
    }

    /**
     * Takes over the connection of a {@code /derp} request whose head has been read, or answers it (426, 400, 503) and
     * leaves the connection to HTTP. On the channel's event loop. The request stays the caller's to release.
     *
     * <p>After a takeover the pipeline holds what stood in front of the HTTP codec, and the relay; the caller's own
     * handlers behind the codec have been removed. Bytes behind the request are frames and are not lost. The channel
     * reads by itself from then on.
     *
     * @param ctx any context of the channel's pipeline
     * @param source the address of the node, behind proxies the one that they report
     * @throws IllegalStateException if the pipeline holds no HTTP codec
     */
    public void upgrade(ChannelHandlerContext ctx, HttpRequest request, IpAddress source) {
        switch (UpgradeRequest.of(request)) {
            case UpgradeRequest.Unusable(var status, var text) -> refuse(ctx, request, status, text);
            case UpgradeRequest.Frames(var fastStart) -> {
                if (reserve(ctx, request)) {
                    DerpSession session = session(ctx, request, source);
                    Takeover.frames(ctx.pipeline(), session, fastStart ? new byte[0] : framesAnswer);
                }
            }
            case UpgradeRequest.WebSocket(var key) -> {
                if (reserve(ctx, request)) {
                    DerpSession session = session(ctx, request, source);
                    session.loop().counters().increment(Counter.WEBSOCKET_ACCEPTS);
                    Takeover.webSocket(ctx.pipeline(), session, UpgradeAnswer.webSocket(key));
                }
            }
        }
    }

    /**
     * The answer to {@code /derp/probe}, {@code /derp/latency-check}, {@code /generate_204} and {@code /robots.txt};
     * empty for every other path. The caller writes or releases it.
     */
    public Optional<FullHttpResponse> answer(HttpRequest request) {
        return RelayPages.answer(request);
    }

    /**
     * Takes no new connections, announces a restart to the nodes and ends their connections in random order over {@code window}.
     * Blocks until then, or until {@link #resume}; not to be called on an event loop.
     */
    public void drain(Duration window) {
        sessions.drain(window);
    }

    /** Takes connections again after a drain. */
    public void resume() {
        sessions.resume();
    }

    /** Connections that the relay takes. */
    public int capacity() {
        return config.connections().connections();
    }

    /** Ends all connections of a node, because it may no longer use the relay. */
    public void disconnect(NodeKey node) {
        peers.disconnect(node.raw());
    }

    /** Tells all nodes a problem of the relay in words; an empty text says that it has passed. */
    public void announceHealth(String problem) {
        sessions.forEach(session -> session.sendHealth(problem));
    }

    /** Counts a connection that the owner's listener ended before it was a session. On that event loop. */
    public void refused(EventLoop eventLoop, Counter reason) {
        loops.of(eventLoop).counters().increment(reason);
    }

    /** Tells of each connection of a node, with its key. On any thread; connections come and go meanwhile. */
    public void forEachConnection(BiConsumer<NodeKey, Presence> action) {
        peers.forEachConnection((key, presence) -> action.accept(new NodeKey(key), presence));
    }

    /** Admitted connections. */
    public int connections() {
        return sessions.connections();
    }

    /** Distinct keys that are connected here or to another relay of the region. */
    public int regionPeers() {
        return peers.size();
    }

    /** Packets that were dropped for a reason since the start. */
    public long droppedPackets(DropReason reason) {
        return metrics.dropped(reason);
    }

    /** A counter's value since the start. */
    public long count(Counter counter) {
        return metrics.total(counter);
    }

    /**
     * Takes no new connections, announces the restart to the nodes and ends their connections in random order within
     * the drain window. Blocks until then; not to be called on an event loop.
     */
    @Override
    public void close() {
        sessions.end(config.timers().drainWindow());
        handshakes.close();
    }

    private DerpSession session(ChannelHandlerContext ctx, HttpRequest request, IpAddress source) {
        RelayLoop loop = loops.of(ctx.channel().eventLoop());
        boolean notIdeal =
                !request.headers().get(UpgradeRequest.IDEAL_NODE_HEADER, "").isEmpty();
        DerpSession session = new DerpSession(
                services, loop, new DerpSession.Origin(source, portOf(ctx.channel(), source), notIdeal));
        sessions.accepted(session);
        return session;
    }

    /** The node's own, unless a proxy stands between that does not tell it. */
    private static int portOf(Channel channel, IpAddress source) {
        return ProxyHeader.clientOf(channel) instanceof InetSocketAddress remote
                        && IpAddress.of(remote.getAddress()).unmap().equals(source.unmap())
                ? remote.getPort()
                : 0;
    }

    private boolean reserve(ChannelHandlerContext ctx, HttpRequest request) {
        if (sessions.tryReserve()) {
            return true;
        }
        loops.of(ctx.channel().eventLoop()).counters().increment(Counter.TOO_MANY_CONNECTIONS);
        refuse(ctx, request, HttpResponseStatus.SERVICE_UNAVAILABLE, "the relay takes no more connections");
        return false;
    }

    private static void refuse(ChannelHandlerContext ctx, HttpRequest request, HttpResponseStatus status, String text) {
        FullHttpResponse response = RelayPages.text(status, text + "\n");
        boolean keepAlive = HttpUtil.isKeepAlive(request) && !status.equals(HttpResponseStatus.SERVICE_UNAVAILABLE);
        HttpUtil.setKeepAlive(response, keepAlive);
        ChannelFuture written = ctx.writeAndFlush(response);
        if (!keepAlive) {
            var unused = written.addListener(ChannelFutureListener.CLOSE);
        }
    }
}
