package io.fleetscale.control.netmap;

import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** New nodes that their peers do not see until they can be reached, or for so long. Confined to the thread of {@link Netmaps}. */
final class Newcomers {
    private final PresenceOverlay presence;
    private final long holdNanos;
    private final LongSupplier nanoTime;
    /** In order of their deadlines. */
    private final Map<NodeId, Long> held = new LinkedHashMap<>();

    Newcomers(PresenceOverlay presence, Duration hold, LongSupplier nanoTime) {
        this.presence = presence;
        this.holdNanos = hold.toNanos();
        this.nanoTime = nanoTime;
    }

    void hold(NodeId id) {
        if (holdNanos > 0 && !isReachable(presence.get(id))) {
            held.put(id, nanoTime.getAsLong() + holdNanos);
        }
    }

    boolean isHeld(NodeId id) {
        return held.containsKey(id);
    }

    void forget(NodeId id) {
        held.remove(id);
    }

    void showIfReachable(NodeId id) {
        if (held.containsKey(id) && isReachable(presence.get(id))) {
            held.remove(id);
        }
    }

    private static boolean isReachable(Presence known) {
        return !known.discoKey().isZero() && known.homeDerp() != 0;
    }

    /** Nanoseconds until one must be shown, or -1 if none is held. */
    long nanosToNextRelease() {
        return held.isEmpty() ? -1 : Math.max(0, held.values().iterator().next() - nanoTime.getAsLong());
    }

    /** @param show told those whose time is over */
    void releaseOverdue(Consumer<NodeId> show) {
        while (!held.isEmpty() && nanosToNextRelease() == 0) {
            NodeId id = held.keySet().iterator().next();
            held.remove(id);
            show.accept(id);
        }
    }
}
