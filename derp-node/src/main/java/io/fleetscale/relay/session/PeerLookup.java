package io.fleetscale.relay.session;

import io.fleetscale.relay.routing.Peer;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Finds the peers of keys that stand in buffers. Packets come in rows for the same peer: the last one is remembered. Confined to
 * one thread.
 */
final class PeerLookup {
    private final PeerRegistry peers;
    private final byte[] scratch = new byte[DerpLimits.KEY_BYTES];
    private @Nullable Peer last;

    PeerLookup(PeerRegistry peers) {
        this.peers = peers;
    }

    /** The peer of the key at {@code index}; null when it is connected to no relay of the region. */
    @Nullable
    Peer find(ByteBuf buffer, int index) {
        Peer known = last;
        if (known != null && !known.isGone() && sameKey(buffer, index, known.key())) {
            return known;
        }
        buffer.getBytes(index, scratch);
        Peer found = peers.find(Bytes32.of(scratch));
        last = found;
        return found;
    }

    /** The key that was not found, after {@link #find} returned null. */
    Bytes32 missing() {
        return Bytes32.of(scratch);
    }

    void forget() {
        last = null;
    }

    private static boolean sameKey(ByteBuf buffer, int index, Bytes32 key) {
        return key.equalsWords(
                buffer.getLong(index),
                buffer.getLong(index + 8),
                buffer.getLong(index + 16),
                buffer.getLong(index + 24));
    }
}
