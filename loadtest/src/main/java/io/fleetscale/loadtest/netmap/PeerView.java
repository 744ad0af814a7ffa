package io.fleetscale.loadtest.netmap;

import io.fleetscale.loadtest.client.MapReceiver;
import java.util.BitSet;

/** What one session knows of its peers. Thread-safe. */
public interface PeerView extends MapReceiver {
    /** How much of a peer must be known. */
    enum Degree {
        LISTED,
        ONLINE,
        /** Online, with endpoints and a home DERP region. */
        REACHABLE
    }

    /** The node's own id; 0 until the first full map. */
    long selfId();

    /** How many of {@code ids}, other than the node itself, are not yet known to that degree. */
    int missing(BitSet ids, Degree degree);

    /** Messages of the current and all earlier polls that were no keep-alive. */
    long messages();

    /** Bytes of all map messages as they came. */
    long frameBytes();
}
