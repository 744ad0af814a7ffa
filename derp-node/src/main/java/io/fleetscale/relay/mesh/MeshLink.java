package io.fleetscale.relay.mesh;

import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.routing.Peer;
import io.fleetscale.relay.routing.Presence;
import io.fleetscale.relay.routing.Receiver;
import io.fleetscale.relay.routing.RelayLoop;
import io.fleetscale.relay.session.Outflow;
import io.fleetscale.relay.session.Outlet;
import io.fleetscale.wire.derp.BoxKey;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.ClientInfo;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.derp.FrameException;
import io.fleetscale.wire.derp.FrameFault;
import io.fleetscale.wire.derp.PeerGoneReason;
import io.fleetscale.wire.derp.PresenceFlags;
import io.fleetscale.wire.derp.RelayFrameDecoder;
import io.fleetscale.wire.derp.RelayFrameSink;
import io.fleetscale.wire.derp.ServerKey;
import io.fleetscale.wire.disco.DiscoPacket;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to another relay, from its HTTP request to its end. It forwards packets; one of the links to a relay also
 * subscribes to who is connected there. The last handler of its pipeline, behind TLS. Confined to its event loop.
 *
 * <p>The other side is probed with pings, because it sends nothing by itself for a minute. Source: tailscale derp/derphttp
 * mesh_client.go, RunWatchConnectionLoop.
 */
@SuppressWarnings("ReferenceEquality") // not equality: states and loops
final class MeshLink extends ChannelInboundHandlerAdapter implements RelayFrameSink, Receiver {
    private enum State {
        HTTP,
        GREETING,
        JUDGED,
        OPEN,
        CLOSED
    }

    private static final Logger LOG = LoggerFactory.getLogger(MeshLink.class);
    private static final int MAX_HEAD_BYTES = 8 * 1024;
    private static final byte[] HEAD_END = {'\r', '\n', '\r', '\n'};
    private static final String UPGRADED = "HTTP/1.1 101";
    private static final long OPEN_LIMIT_SECONDS = 10;
    private static final long PING_SECONDS = 5;
    /** So many pings in a row without a byte from the other side end the link. */
    private static final int MOST_SILENT_PINGS = 2;

    private static final Presence NOT_REGISTERED = new Presence(IpAddress.parse("::"), 0, PresenceFlags.MESH_PEER);

    private final MeshServices services;
    private final MeshAddress address;
    private final RelayLoop loop;
    private final BoxKeyPair keys;
    private final boolean watches;
    private final LinkListener listener;

    private State state = State.HTTP;
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable ByteBuf head;
    private @Nullable RelayFrameDecoder decoder;
    private @Nullable Outlet outlet;
    private @Nullable BoxKey box;
    private @Nullable Future<?> timer;
    private int silentPings;

    /**
     * @param keys the relay's own pair for a link that watches; for the others pairs of their own, since a relay delivers to one
     *     connection of a key only
     */
    MeshLink(
            MeshServices services,
            MeshAddress address,
            RelayLoop loop,
            BoxKeyPair keys,
            boolean watches,
            LinkListener listener) {
        this.services = services;
        this.address = address;
        this.loop = loop;
        this.keys = keys;
        this.watches = watches;
        this.listener = listener;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        decoder = new RelayFrameDecoder(context.alloc());
        outlet = new Outlet(
                this,
                loop,
                context.channel(),
                new Outflow(
                        context,
                        services.queues(),
                        services.queueMemory(),
                        loop.counters(),
                        Outflow.Carries.FORWARDED));
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        String host = address.hostName().indexOf(':') >= 0 ? "[" + address.hostName() + "]" : address.hostName();
        String request = "GET /derp HTTP/1.1\r\nHost: " + host + ":" + address.port()
                + "\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n";
        byte[] bytes = request.getBytes(StandardCharsets.US_ASCII);
        var unused =
                context.writeAndFlush(context.alloc().buffer(bytes.length).writeBytes(bytes), context.voidPromise());
        timer = context.executor()
                .schedule(() -> end("it did not answer in time"), OPEN_LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    /** The connection was not made at all. */
    void notConnected(String why) {
        end(why);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (state == State.CLOSED || !(message instanceof ByteBuf bytes)) {
            ReferenceCountUtil.release(message);
            return;
        }
        silentPings = 0;
        try {
            if (state == State.HTTP) {
                readHead(context, bytes);
            } else {
                frames().decode(bytes, this);
            }
        } catch (FrameException fault) {
            end(Objects.requireNonNullElse(fault.getMessage(), "it broke the protocol"));
        }
    }

    private void readHead(ChannelHandlerContext context, ByteBuf bytes) {
        ByteBuf all = head == null ? context.alloc().buffer(bytes.readableBytes()) : head;
        head = all;
        all.writeBytes(bytes);
        bytes.release();
        int end = endOfHead(all);
        if (end < 0) {
            if (all.readableBytes() > MAX_HEAD_BYTES) {
                end("its HTTP answer is too long");
            }
            return;
        }
        String text = all.readCharSequence(end, StandardCharsets.US_ASCII).toString();
        if (!text.startsWith(UPGRADED)) {
            end("it answered " + text.lines().findFirst().orElse("nothing").replaceAll("[^ -~]", "?"));
            return;
        }
        head = null;
        state = State.GREETING;
        frames().decode(all, this);
    }

    private static int endOfHead(ByteBuf bytes) {
        for (int i = bytes.readerIndex(); i + HEAD_END.length <= bytes.writerIndex(); i++) {
            if (bytes.getByte(i) == HEAD_END[0]
                    && bytes.getByte(i + 1) == HEAD_END[1]
                    && bytes.getByte(i + 2) == HEAD_END[2]
                    && bytes.getByte(i + 3) == HEAD_END[3]) {
                return i + HEAD_END.length - bytes.readerIndex();
            }
        }
        return -1;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (state != State.CLOSED && context.channel().isWritable()) {
            outlet().writable();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closed("the connection ended");
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        closed("the connection ended");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // TLS libraries hide what they do not like behind causes.
        Throwable reason = cause;
        while (reason.getCause() != null && reason.getCause() != reason) {
            reason = reason.getCause();
        }
        end(reason.getMessage() == null ? reason.getClass().getSimpleName() : reason.getMessage());
    }

    // ---- frames of the other relay ----

    @Override
    public void serverKey(ServerKey key) {
        if (state != State.GREETING) {
            return;
        }
        if (key.relay().equals(services.identity().publicKey())) {
            listener.isSelf(this);
            end("it is this relay");
            return;
        }
        BoxKey shared = keys.boxWith(key.relay())
                .orElseThrow(() -> new FrameException(FrameFault.BAD_KEY, "its key is zero or of low order"));
        box = shared;
        state = State.JUDGED;
        ClientInfo info = new ClientInfo(services.keys().get().shown(), DerpLimits.PROTOCOL_VERSION, false, false, "");
        byte[] sealed = shared.seal(info.toJson().getBytes(StandardCharsets.UTF_8), new SecureRandom());
        ByteBuf out = outlet().control(DerpLimits.HEADER_BYTES + DerpLimits.KEY_BYTES + sealed.length);
        if (out != null) {
            DerpFrameEncoder.clientInfo(out, keys.publicKey(), sealed);
        }
    }

    @Override
    public void serverInfo(byte[] sealed) {
        if (state != State.JUDGED) {
            return;
        }
        if (Objects.requireNonNull(box, "box").open(sealed).isEmpty()) {
            end("its ServerInfo does not open");
            return;
        }
        state = State.OPEN;
        cancelTimer();
        timer = context().executor().scheduleAtFixedRate(this::ping, PING_SECONDS, PING_SECONDS, TimeUnit.SECONDS);
        if (watches) {
            ByteBuf out = outlet().control(DerpLimits.HEADER_BYTES);
            if (out != null) {
                DerpFrameEncoder.watchConnections(out);
            }
        }
        loop.counters().increment(Counter.MESH_LINKS_OPENED);
        listener.opened(this);
    }

    @Override
    public void peerPresent(Bytes32 peer, int flags) {
        if (watches) {
            listener.present(peer);
        }
    }

    @Override
    public void peerGone(Bytes32 peer, PeerGoneReason reason) {
        listener.gone(peer);
    }

    @Override
    public void ping(long payload) {
        ByteBuf out = context().channel().isWritable() ? outlet().control(DerpLimits.HEADER_BYTES + Long.BYTES) : null;
        if (out != null) {
            DerpFrameEncoder.pong(out, payload);
        }
    }

    @Override
    public void recvPacket(ByteBuf buffer, int start, int frameBytes) {
        // Packets for the link itself mean nothing.
    }

    @Override
    public void restarting() {
        // It ends the link soon; until then it still delivers.
    }

    @Override
    public void other(int type, int length) {
        // Keep-alives and pongs have done their service by arriving.
    }

    // ---- packets for the other relay ----

    @Override
    public RelayLoop loop() {
        return loop;
    }

    @Override
    public Presence presence() {
        return NOT_REGISTERED;
    }

    /** Takes a SendPacket frame, with the destination's key in place. */
    @Override
    public void deliver(Peer source, ByteBuf buffer, int start, int frameBytes) {
        int packet = DerpLimits.HEADER_BYTES + DerpLimits.KEY_BYTES;
        boolean isDisco = DiscoPacket.looksLikeDisco(buffer, start + packet, frameBytes - packet);
        if (state != State.OPEN) {
            loop.counters().dropped(DropReason.GONE_DISCONNECTED, isDisco, frameBytes - packet);
            return;
        }
        outlet().flow().forward(source.keyBytes(), buffer, start, frameBytes, isDisco);
        outlet().appended();
    }

    @Override
    public void flushBatch() {
        outlet().flushBatch();
    }

    @Override
    public boolean checkProgress(long nowNanos) {
        Outlet.Progress progress = outlet().progress(nowNanos, services.timers().meshWriteProgress());
        if (progress == Outlet.Progress.STANDS_STILL) {
            end("it does not read");
        }
        return progress == Outlet.Progress.MOVES;
    }

    @Override
    public void peerGone(Peer peer) {
        // A link follows nobody.
    }

    @Override
    public void disconnect() {
        context().executor().execute(() -> end("it is no longer wanted"));
    }

    // ---- parts ----

    private void ping() {
        if (silentPings >= MOST_SILENT_PINGS) {
            end("it does not answer");
            return;
        }
        silentPings++;
        ByteBuf out = outlet().control(DerpLimits.HEADER_BYTES + Long.BYTES);
        if (out != null) {
            DerpFrameEncoder.ping(out, System.nanoTime());
        }
    }

    private void end(String why) {
        if (state != State.CLOSED) {
            closed(why);
            var unused = context().close();
        }
    }

    private void closed(String why) {
        if (state == State.CLOSED) {
            return;
        }
        boolean wasOpen = state == State.OPEN;
        state = State.CLOSED;
        cancelTimer();
        if (head != null) {
            head.release();
            head = null;
        }
        frames().close();
        outlet().close();
        if (wasOpen) {
            loop.counters().increment(Counter.MESH_LINKS_CLOSED);
        }
        LOG.atDebug().addKeyValue("relay", address).addKeyValue("why", why).log("mesh link ended");
        listener.closed(this, why);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(ctx, "the link is not in a pipeline");
    }

    private RelayFrameDecoder frames() {
        return Objects.requireNonNull(decoder, "the link is not in a pipeline");
    }

    private Outlet outlet() {
        return Objects.requireNonNull(outlet, "the link is not in a pipeline");
    }
}
