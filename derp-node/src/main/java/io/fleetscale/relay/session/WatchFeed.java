package io.fleetscale.relay.session;

import io.fleetscale.relay.routing.Presence;
import io.fleetscale.relay.routing.Watcher;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.derp.PeerGoneReason;
import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tells a mesh link which keys come and go. While the link takes no more, only the latest state of each key is kept, so that
 * what waits is bounded by the number of keys. {@link #present} and {@link #gone} on any thread, the rest confined to the link's
 * event loop.
 */
final class WatchFeed implements Watcher {
    private final Executor eventLoop;
    private final BooleanSupplier writable;
    private final IntFunction<@Nullable ByteBuf> frame;
    /** By key, in the order of their latest change; empty: it has gone. */
    private final Map<Bytes32, Optional<Presence>> waiting = new LinkedHashMap<>();

    /**
     * @param writable whether the link takes more
     * @param frame room for a frame of so many bytes; null when the link has ended
     */
    WatchFeed(Executor eventLoop, BooleanSupplier writable, IntFunction<@Nullable ByteBuf> frame) {
        this.eventLoop = eventLoop;
        this.writable = writable;
        this.frame = frame;
    }

    @Override
    public void present(Bytes32 key, Presence presence) {
        later(() -> tell(key, Optional.of(presence)));
    }

    @Override
    public void gone(Bytes32 key) {
        later(() -> tell(key, Optional.empty()));
    }

    /** The link takes more again. */
    void drain() {
        Iterator<Map.Entry<Bytes32, Optional<Presence>>> next =
                waiting.entrySet().iterator();
        while (next.hasNext() && writable.getAsBoolean()) {
            Map.Entry<Bytes32, Optional<Presence>> change = next.next();
            write(change.getKey(), change.getValue());
            next.remove();
        }
    }

    private void tell(Bytes32 key, Optional<Presence> state) {
        if (waiting.isEmpty() && writable.getAsBoolean()) {
            write(key, state);
        } else {
            waiting.remove(key);
            waiting.put(key, state);
        }
    }

    private void write(Bytes32 key, Optional<Presence> state) {
        int payloadBytes = state.isPresent() ? DerpLimits.PEER_PRESENT_BYTES : DerpLimits.PEER_GONE_BYTES;
        ByteBuf out = frame.apply(DerpLimits.HEADER_BYTES + payloadBytes);
        if (out == null) {
            return;
        }
        state.ifPresentOrElse(
                presence ->
                        DerpFrameEncoder.peerPresent(out, key, presence.address(), presence.port(), presence.flags()),
                () -> DerpFrameEncoder.peerGone(out, key, PeerGoneReason.DISCONNECTED));
    }

    private void later(Runnable task) {
        try {
            eventLoop.execute(task);
        } catch (RejectedExecutionException e) {
            // the link's event loop has been shut down, nobody watches any more
        }
    }
}
