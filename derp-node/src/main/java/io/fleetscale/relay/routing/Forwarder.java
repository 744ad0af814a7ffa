package io.fleetscale.relay.routing;

import org.jspecify.annotations.Nullable;

/** Another relay of the region, through which peers that are connected there can be reached. Thread-safe. */
public interface Forwarder {
    /**
     * The connection to it that packets of {@code loop} should take: its own, so that they need not change loops, or another
     * one; null when there is none. It is given SendPacket frames, with the destination's key in place.
     */
    @Nullable
    Receiver linkFor(RelayLoop loop);
}
