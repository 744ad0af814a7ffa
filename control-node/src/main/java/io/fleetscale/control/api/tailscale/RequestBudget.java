package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.api.credential.TokenBuckets;
import java.util.function.LongSupplier;

/**
 * How many requests each credential may make on this instance: 50 a second on average, 200 at once. Bounded; thread-safe.
 * Source: tailscale-api-v2 5.
 */
final class RequestBudget {
    static final int PER_SECOND = 50;
    static final int BURST = 200;
    private static final int MAX_CREDENTIALS = 50_000;

    private final TokenBuckets requests;

    RequestBudget(LongSupplier nanoTime) {
        this.requests = new TokenBuckets(PER_SECOND, BURST, MAX_CREDENTIALS, nanoTime);
    }

    /** Takes one request; false when the credential has none left now. */
    boolean take(String credential) {
        return requests.take(credential);
    }
}
