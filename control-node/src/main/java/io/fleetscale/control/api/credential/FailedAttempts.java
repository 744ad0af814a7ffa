package io.fleetscale.control.api.credential;

import io.fleetscale.wire.ip.IpAddress;
import java.util.function.LongSupplier;

/**
 * How many wrong credentials each source address has shown, over all API families: at most 50 in a minute, refilled
 * steadily. IPv6 callers count by their /64. Bounded; thread-safe. Source: api-families 4.2 step 6.
 *
 * <p>Keys with enough randomness are still verified for an address that used up its budget, and only the wrong ones are
 * refused as too many: one script with an outdated key must not lock out everybody behind the same address.
 */
public final class FailedAttempts {
    public static final int PER_MINUTE = 50;
    private static final int MAX_ADDRESSES = 100_000;

    private final TokenBuckets attempts;

    public FailedAttempts(LongSupplier nanoTime) {
        this.attempts = new TokenBuckets(PER_MINUTE / 60.0, PER_MINUTE, MAX_ADDRESSES, nanoTime);
    }

    /** Counts one failed attempt; false when the address had none left. */
    public boolean record(String remoteAddress) {
        return attempts.take(bucketOf(remoteAddress));
    }

    private static String bucketOf(String remoteAddress) {
        try {
            IpAddress address = IpAddress.parse(remoteAddress);
            return address.isV6() ? Long.toHexString(address.high()) : remoteAddress;
        } catch (IllegalArgumentException notAnAddress) {
            return remoteAddress;
        }
    }
}
