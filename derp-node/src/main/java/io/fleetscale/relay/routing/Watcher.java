package io.fleetscale.relay.routing;

import io.fleetscale.wire.key.Bytes32;

/**
 * Hears which keys connect to this relay and which leave it, in an order that is right for each key. Called on any thread,
 * under a lock of the registry: an implementation only passes on.
 */
public interface Watcher {
    /** A connection of the key was added; it may not be the first one. */
    void present(Bytes32 key, Presence presence);

    /** The last connection of the key to this relay ended. */
    void gone(Bytes32 key);
}
