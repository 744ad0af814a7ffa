package io.fleetscale.relay.session;

import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.LoopCounters;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.derp.PeerGoneReason;
import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the relay itself has to say to the other side of a connection. A frame for which there is no room is left out. Confined
 * to the connection's event loop.
 */
final class ControlFrames {
    private static final int NOT_HERE_BURST = 3;
    private static final int NOT_HERE_PER_SECOND = 1;

    private final IntFunction<@Nullable ByteBuf> room;
    private final LoopCounters counters;
    private @Nullable TokenBucket notHereBucket;

    /** @param room for a frame of so many bytes; null when the connection has ended or takes no more */
    ControlFrames(IntFunction<@Nullable ByteBuf> room, LoopCounters counters) {
        this.room = room;
        this.counters = counters;
    }

    /** Whether there was room. */
    boolean serverInfo(byte[] sealed) {
        ByteBuf out = room.apply(DerpLimits.HEADER_BYTES + sealed.length);
        if (out == null) {
            return false;
        }
        DerpFrameEncoder.serverInfo(out, sealed);
        return true;
    }

    void pong(long payload) {
        ByteBuf out = room.apply(DerpLimits.HEADER_BYTES + Long.BYTES);
        if (out != null) {
            DerpFrameEncoder.pong(out, payload);
            counters.increment(Counter.SENT_PONG);
        }
    }

    void keepAlive() {
        ByteBuf out = room.apply(DerpLimits.HEADER_BYTES);
        if (out != null) {
            DerpFrameEncoder.keepAlive(out);
        }
    }

    /** At a bounded rate: a node may ask for any number of keys. */
    void notHere(Bytes32 key) {
        long now = System.nanoTime();
        if (notHereBucket == null) {
            notHereBucket = new TokenBucket(NOT_HERE_PER_SECOND, NOT_HERE_BURST, now);
        }
        if (notHereBucket.tryTake(now) && peerGone(key, PeerGoneReason.NOT_HERE)) {
            counters.increment(Counter.PEER_GONE_NOT_HERE);
        }
    }

    /** Whether there was room. */
    boolean disconnected(Bytes32 key) {
        boolean said = peerGone(key, PeerGoneReason.DISCONNECTED);
        if (said) {
            counters.increment(Counter.PEER_GONE_DISCONNECTED);
        }
        return said;
    }

    private boolean peerGone(Bytes32 key, PeerGoneReason reason) {
        ByteBuf out = room.apply(DerpLimits.HEADER_BYTES + DerpLimits.PEER_GONE_BYTES);
        if (out == null) {
            return false;
        }
        DerpFrameEncoder.peerGone(out, key, reason);
        return true;
    }

    /** A problem of the relay in words; an empty text says that it has passed. */
    void health(String problem) {
        ByteBuf text = Unpooled.buffer();
        DerpFrameEncoder.health(text, problem);
        ByteBuf out = room.apply(text.readableBytes());
        if (out != null) {
            out.writeBytes(text);
        }
    }

    void restarting(Duration reconnectIn, Duration tryFor) {
        ByteBuf out = room.apply(DerpLimits.HEADER_BYTES + 2 * Integer.BYTES);
        if (out != null) {
            DerpFrameEncoder.restarting(out, reconnectIn, tryFor);
        }
    }
}
