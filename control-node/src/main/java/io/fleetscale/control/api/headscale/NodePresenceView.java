package io.fleetscale.control.api.headscale;

import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.key.DiscoKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the overlay of soft state knows of a node. Never blocks; thread-safe. */
@FunctionalInterface
public interface NodePresenceView {
    /**
     * One node's presence.
     *
     * @param lastSeen null when it was never recorded
     * @param discoKey zero when unknown
     */
    record Presence(boolean online, @Nullable Instant lastSeen, DiscoKey discoKey) {
        /** Of a node that never connected. */
        public static final Presence UNKNOWN = new Presence(false, null, DiscoKey.ZERO);
    }

    /** {@link Presence#UNKNOWN} for a node without presence. */
    Presence presence(NodeId id);
}
