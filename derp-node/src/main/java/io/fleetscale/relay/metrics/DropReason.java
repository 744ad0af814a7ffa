package io.fleetscale.relay.metrics;

import java.util.Locale;

/** Why a packet was dropped. Source: tailscale derp/derpserver, dropReason. */
public enum DropReason {
    /** No connection of the destination is known. */
    UNKNOWN_DEST,
    /** The same, for a packet that another relay of the region forwarded. */
    UNKNOWN_DEST_ON_FWD,
    /** The destination's connection ended with the packet in its queue. */
    GONE_DISCONNECTED,
    /** The destination's queue was full and this was the oldest packet in it. */
    QUEUE_HEAD,
    /** The relay's memory for queues was used up. */
    QUEUE_TAIL,
    /** The packet could not be handed to the destination's event loop. */
    WRITE_ERROR,
    /** The destination is connected more than once and no connection is the active one. */
    DUP_CLIENT;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
