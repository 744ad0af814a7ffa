package io.fleetscale.control.node;

import java.time.Instant;

/** What an administrator does to the expiry of a node's key. */
public sealed interface ExpiryChange {
    /** The key ends now. */
    record Now() implements ExpiryChange {}

    /** The key ends at {@code expiry}, in the past or in the future. */
    record At(Instant expiry) implements ExpiryChange {}

    /** The key never ends; a node that had expired comes back without a login. */
    record Never() implements ExpiryChange {}
}
