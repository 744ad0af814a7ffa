package io.fleetscale.loadtest.netmap;

import java.util.List;

/** Told of what a session learns of its peers, on the session's event loop. {@code viewer} is the session's number. */
public interface PeerEvents {
    /** Nobody is told. */
    PeerEvents NONE = new PeerEvents() {};

    /** A peer is in the netmap that was not before and is not part of a complete list. */
    default void appeared(int viewer, long peer) {}

    /** A peer's endpoints were told; {@code port} is that of the first one. */
    default void endpoint(int viewer, long peer, int port) {}

    /** A peer is known by this name, or by a new one. Told of complete lists too, and by the strict model only. */
    default void named(int viewer, long peer, String name) {}

    /** A peer is in the netmap with these tags, or with new ones. Told of complete lists too, and by the strict model only. */
    default void tagged(int viewer, long peer, List<String> tags) {}

    /** A peer that was online is told to be offline, or vanished while it was. */
    default void offline(int viewer, long peer) {}
}
