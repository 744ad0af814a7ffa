package io.fleetscale.relay.session;

import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.metrics.LoopCounters;
import io.fleetscale.relay.routing.Peer;
import io.fleetscale.relay.routing.Presence;
import io.fleetscale.relay.routing.Receiver;
import io.fleetscale.relay.routing.RelayLoop;
import io.fleetscale.wire.derp.DerpFrameDecoder;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpFrameSink;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.derp.FrameException;
import io.fleetscale.wire.derp.FrameFault;
import io.fleetscale.wire.derp.PresenceFlags;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of one node, from the upgrade to its end. The last handler of its pipeline.
 *
 * <p>The states follow one another: new, greeting (the ClientInfo is awaited), judging (reading is off, frames behind
 * the greeting wait), open, closed. A violation of the protocol closes without a frame.
 *
 * <p>Packets are passed on as places in the buffer that they arrived in: on this path the session sees buffers, because
 * an object for each packet would cost more than the packet. Confined to the channel's event loop, except where a method
 * says otherwise.
 */
@SuppressWarnings("ReferenceEquality") // peers are compared by identity
public final class DerpSession extends ChannelInboundHandlerAdapter implements DerpFrameSink, Receiver {
    /**
     * What the upgrade knows about the connection.
     *
     * @param port 0 when it is not known
     */
    public record Origin(IpAddress source, int port, boolean notIdeal) {}

    private enum State {
        NEW,
        GREETING,
        JUDGING,
        OPEN,
        CLOSED
    }

    private static final Logger LOG = LoggerFactory.getLogger(DerpSession.class);

    /** A change of home this long after the connection began counts as a move. */
    private static final long HOME_MOVE_AFTER_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final SessionServices services;
    private final RelayLoop loop;
    private final LoopCounters counters;
    private final Origin origin;
    private final ControlFrames frames;
    private final PacketRouting routing;
    private final Runnable keepAlive = this::sendKeepAlive;

    private State state = State.NEW;
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable DerpFrameDecoder decoder;
    private @Nullable Outlet outlet;
    private @Nullable Greeting greeting;
    private @Nullable Peer self;
    private @Nullable Future<?> keepAlives;
    private @Nullable ReceiveLimit receiveLimit;
    private @Nullable Followed followed;
    private @Nullable Peer lastSource;
    private @Nullable MeshRight meshRight;
    private @Nullable Presence presence;
    private boolean home;
    private volatile boolean relay;
    private long openedAtNanos;

    public DerpSession(SessionServices services, RelayLoop loop, Origin origin) {
        this.services = services;
        this.loop = loop;
        this.counters = loop.counters();
        this.origin = origin;
        this.frames = new ControlFrames(this::controlFrame, counters);
        this.routing = new PacketRouting(services.peers(), loop, frames::notHere);
    }

    public Origin origin() {
        return origin;
    }

    /** Whether another relay of the region is on the other side. On any thread. */
    public boolean isRelay() {
        return relay;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        DerpFrameDecoder incoming = new DerpFrameDecoder(context.alloc());
        // Until start(): bytes may arrive while the HTTP codec is taken out.
        incoming.pause();
        decoder = incoming;
        greeting = new Greeting(services, context.executor(), counters, this::end);
        outlet = new Outlet(
                this,
                loop,
                context.channel(),
                new Outflow(context, services.queues(), services.queueMemory(), counters));
    }

    /** Sends {@code head} (the HTTP answer, possibly empty) and the ServerKey, and begins to read frames. */
    public void start(ByteBuf head) {
        if (state != State.NEW || !channel().isActive()) {
            head.release();
            closed();
            return;
        }
        state = State.GREETING;
        counters.increment(Counter.ACCEPTS);
        channel().config().setAutoRead(true);
        ByteBuf first = context().alloc().ioBuffer(head.readableBytes() + DerpLimits.HEADER_BYTES + 40);
        first.writeBytes(head);
        head.release();
        DerpFrameEncoder.serverKey(first, services.relayKey());
        // A write that fails surfaces in exceptionCaught, as all writes with a void promise do.
        var unused = context().writeAndFlush(first, context().voidPromise());
        greeting().awaited();
        guarded(() -> decoder().resume(this));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (state != State.CLOSED && message instanceof ByteBuf bytes) {
            guarded(() -> decoder().decode(bytes, this));
            if (receiveLimit != null) {
                receiveLimit.payDebt();
            }
        } else {
            // What is left of the HTTP request: its end marker, or its body.
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (state != State.CLOSED && channel().isWritable()) {
            outlet().writable();
            if (meshRight != null) {
                meshRight.writable();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closed();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        closed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // Resets and TLS alerts are the other side's affair.
        end("connection failed: " + cause.getClass().getSimpleName());
    }

    // ---- frames of the node ----

    @Override
    public void clientInfo(NodeKey claimed, byte[] sealed) {
        state = State.JUDGING;
        decoder().pause();
        channel().config().setAutoRead(false);
        greeting().heard();
        var unused = services.handshakes()
                .judge(claimed, sealed, origin.source())
                .whenComplete((outcome, failure) -> onLoop(() -> judged(claimed, outcome, failure)));
    }

    @Override
    public void sendPacket(ByteBuf buffer, int start, int frameBytes) {
        routing.route(active(frameBytes), buffer, start, frameBytes);
    }

    @Override
    public void notePreferred(boolean isHome) {
        active(DerpLimits.HEADER_BYTES + 1);
        if (home == isHome) {
            return;
        }
        home = isHome;
        services.observer().homeChanged(isHome);
        if (System.nanoTime() - openedAtNanos > HOME_MOVE_AFTER_NANOS) {
            counters.increment(isHome ? Counter.HOME_MOVES_IN : Counter.HOME_MOVES_OUT);
        }
    }

    @Override
    public void ping(long payload) {
        active(DerpLimits.HEADER_BYTES + DerpLimits.PING_BYTES);
        counters.increment(Counter.GOT_PING);
        if (!channel().isWritable()) {
            // A pong is worth nothing to a node that does not read; the next ping asks again.
            return;
        }
        frames.pong(payload);
    }

    @Override
    public void skipped(int type, int length) {
        active(DerpLimits.HEADER_BYTES + length);
        counters.increment(Counter.UNKNOWN_FRAMES);
    }

    @Override
    public void forwardPacket(ByteBuf buffer, int start, int frameBytes) {
        active(DerpLimits.HEADER_BYTES);
        meshRight("ForwardPacket").forwardPacket(buffer, start, frameBytes);
    }

    @Override
    public void watchConnections() {
        active(DerpLimits.HEADER_BYTES);
        meshRight("WatchConns").watchConnections();
    }

    @Override
    public void closePeer(Bytes32 key) {
        active(DerpLimits.HEADER_BYTES + DerpLimits.KEY_BYTES);
        meshRight("ClosePeer").closePeer(key);
    }

    // ---- what the relay sends ----

    @Override
    public RelayLoop loop() {
        return loop;
    }

    @Override
    public Presence presence() {
        return Objects.requireNonNull(presence, "only admitted connections are registered");
    }

    @Override
    public void deliver(Peer source, ByteBuf buffer, int start, int frameBytes) {
        boolean isDisco = PacketRouting.isDisco(buffer, start, frameBytes);
        if (state != State.OPEN) {
            counters.dropped(
                    DropReason.GONE_DISCONNECTED, isDisco, frameBytes - DerpLimits.HEADER_BYTES - DerpLimits.KEY_BYTES);
            return;
        }
        if (source != lastSource) {
            lastSource = source;
            if (source.isKnown() || source.isGone()) {
                follow(source);
            }
        }
        outlet().flow().packet(buffer, start, frameBytes, isDisco);
        outlet().appended();
    }

    @Override
    public void flushBatch() {
        outlet().flushBatch();
    }

    @Override
    public boolean checkProgress(long nowNanos) {
        Duration granted = meshRight == null
                ? services.timers().writeProgress()
                : services.timers().meshWriteProgress();
        Outlet.Progress progress = outlet().progress(nowNanos, granted);
        if (progress == Outlet.Progress.STANDS_STILL) {
            end("node does not read");
        }
        return progress == Outlet.Progress.MOVES;
    }

    @Override
    public void peerGone(Peer peer) {
        onLoop(() -> {
            if (followed != null) {
                followed.forget(peer);
            }
            sayGone(peer);
        });
    }

    @Override
    public void disconnect() {
        onLoop(() -> end("disconnected by the relay's owner"));
    }

    /** Tells the node a problem of the relay in words, or with an empty text that it has passed. On any thread. */
    public void sendHealth(String problem) {
        onLoop(() -> {
            if (state == State.OPEN) {
                frames.health(problem);
            }
        });
    }

    /** Announces the relay's restart to the node and then ends the connection. On any thread. */
    public void restart(Duration reconnectIn, Duration tryFor) {
        onLoop(() -> {
            if (state == State.OPEN) {
                frames.restarting(reconnectIn, tryFor);
                outlet().flow().flush();
            }
            end("relay closes");
        });
    }

    /** Has the node send at this rate from now on; other relays are not slowed down. On any thread. */
    public void changeReceiveRate(ReceiveRate rate) {
        onLoop(() -> {
            if (state == State.OPEN) {
                limit(rate);
            }
        });
    }

    private void limit(ReceiveRate rate) {
        if (receiveLimit != null) {
            receiveLimit.lift();
            receiveLimit = null;
        }
        if (meshRight == null && !rate.isUnlimited()) {
            receiveLimit = new ReceiveLimit(rate, channel(), () -> state == State.OPEN, counters);
        }
    }

    // ---- greeting ----

    private void judged(NodeKey claimed, Handshakes.@Nullable Outcome outcome, @Nullable Throwable failure) {
        if (state != State.JUDGING) {
            return;
        }
        guarded(() -> {
            Handshakes.Accepted accepted = greeting().verdict(outcome, failure);
            if (accepted != null) {
                open(claimed, accepted);
            }
        });
    }

    private void open(NodeKey node, Handshakes.Accepted accepted) {
        // The ServerInfo is queued before the registration, so that no packet can overtake it.
        if (!frames.serverInfo(accepted.serverInfo())) {
            end("node does not read");
            return;
        }
        presence = new Presence(
                origin.source(),
                origin.port(),
                PresenceFlags.of(accepted.meshRight(), accepted.info().isProber(), origin.notIdeal()));
        if (accepted.meshRight()) {
            relay = true;
            meshRight = new MeshRight(
                    services.peers(),
                    loop,
                    frames::notHere,
                    new WatchFeed(
                            channel().eventLoop(),
                            () -> state == State.OPEN && channel().isWritable(),
                            this::controlFrame));
        }
        Optional<Peer> registered = services.peers().register(node.raw(), this);
        if (registered.isEmpty()) {
            counters.increment(Counter.TOO_MANY_CONNECTIONS);
            end("too many connections of one node key");
            return;
        }
        self = registered.get();
        state = State.OPEN;
        openedAtNanos = System.nanoTime();
        services.observer().opened(this);
        limit(services.receiveRate().get());
        long jitterNanos = services.timers().keepAliveJitter().toNanos();
        long periodNanos = services.timers().keepAlive().toNanos()
                + (jitterNanos == 0 ? 0 : ThreadLocalRandom.current().nextLong(jitterNanos));
        keepAlives =
                channel().eventLoop().scheduleAtFixedRate(keepAlive, periodNanos, periodNanos, TimeUnit.NANOSECONDS);
        LOG.atDebug().addKeyValue("node", node.toShortText()).log("node connected to the relay");
        channel().config().setAutoRead(true);
        guarded(() -> decoder().resume(this));
    }

    // ---- parts ----

    /** Books a frame of the node; its connection is now the one that receives. */
    private Peer active(int frameBytes) {
        Peer peer = Objects.requireNonNull(self, "frames are decoded only after admission");
        peer.noteActivity(this);
        if (receiveLimit != null) {
            receiveLimit.charge(frameBytes);
        }
        return peer;
    }

    private void sayGone(Peer peer) {
        if (state == State.OPEN && !frames.disconnected(peer.key())) {
            end("node does not read");
        }
    }

    /** The first packet of a peer: its departure will be told. */
    private void follow(Peer peer) {
        if (peer == self) {
            return;
        }
        if (followed == null) {
            followed = new Followed(this);
        }
        if (!followed.follow(peer)) {
            sayGone(peer);
        }
    }

    private void sendKeepAlive() {
        // A connection that is not writable has bytes on the way, which do the same service.
        if (state == State.OPEN && channel().isWritable()) {
            frames.keepAlive();
        }
    }

    private @Nullable ByteBuf controlFrame(int frameBytes) {
        return outlet().control(frameBytes);
    }

    private void guarded(Runnable decoding) {
        try {
            decoding.run();
        } catch (FrameException fault) {
            violated(fault);
        }
    }

    private void violated(FrameException fault) {
        counters.increment(Counter.PROTOCOL_ERRORS);
        end(fault.getMessage());
    }

    private MeshRight meshRight(String frame) {
        MeshRight right = meshRight;
        if (right == null) {
            throw new FrameException(FrameFault.NO_MESH_RIGHT, frame + " from a connection that is no mesh link");
        }
        return right;
    }

    /** Closes at once, without waiting for what the node has not read. */
    private void end(@Nullable String why) {
        if (state == State.CLOSED) {
            return;
        }
        LOG.atDebug().addKeyValue("why", why).log("relay connection ended");
        closed();
        var unused = channel().close();
    }

    private void closed() {
        if (state == State.CLOSED) {
            return;
        }
        boolean wasAdmitted = state == State.OPEN;
        state = State.CLOSED;
        greeting().close();
        if (keepAlives != null) {
            keepAlives.cancel(false);
        }
        if (home) {
            home = false;
            services.observer().homeChanged(false);
        }
        if (self != null) {
            services.peers().unregister(self, this);
        }
        if (followed != null) {
            followed.close();
            followed = null;
        }
        lastSource = null;
        routing.close();
        if (meshRight != null) {
            meshRight.close();
        }
        decoder().close();
        outlet().close();
        services.observer().closed(this, wasAdmitted);
    }

    private void onLoop(Runnable task) {
        if (channel().eventLoop().inEventLoop()) {
            task.run();
            return;
        }
        try {
            channel().eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("the event loop of a relay connection has been shut down");
        }
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(ctx, "the session is not in a pipeline");
    }

    private Channel channel() {
        return context().channel();
    }

    private DerpFrameDecoder decoder() {
        return Objects.requireNonNull(decoder, "the session is not in a pipeline");
    }

    private Greeting greeting() {
        return Objects.requireNonNull(greeting, "the session is not in a pipeline");
    }

    private Outlet outlet() {
        return Objects.requireNonNull(outlet, "the session is not in a pipeline");
    }
}
