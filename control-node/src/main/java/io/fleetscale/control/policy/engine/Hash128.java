package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.wire.ip.IpAddress;

/**
 * Hashes of 128 bits that can be added, so that the hash of a set follows each change of a member at once. The same on every
 * instance.
 */
final class Hash128 {
    static final Fingerprint ZERO = new Fingerprint(0, 0);

    private static final long SEED_HIGH = 0x9E3779B97F4A7C15L;
    private static final long SEED_LOW = 0xC2B2AE3D27D4EB4FL;

    private Hash128() {}

    static Fingerprint of(IpAddress address) {
        long family = address.isV6() ? 6 : 4;
        return new Fingerprint(
                mix(mix(mix(SEED_HIGH + family) ^ address.high()) ^ address.low()),
                mix(mix(mix(SEED_LOW + family) ^ address.low()) ^ address.high()));
    }

    /** A text; a single address has the hash of the address. */
    static Fingerprint ofSource(String text) {
        boolean single = text.indexOf('/') < 0 && text.indexOf('-') < 0 && !text.equals("*");
        return single ? of(IpAddress.parse(text)) : of(text);
    }

    static Fingerprint of(String text) {
        long high = mix(SEED_HIGH ^ text.length());
        long low = mix(SEED_LOW ^ text.length());
        for (int i = 0; i < text.length(); i++) {
            high = mix(high ^ text.charAt(i));
            low = mix(low + text.charAt(i));
        }
        return new Fingerprint(high, low);
    }

    /** Depends on the order. */
    static Fingerprint chain(Fingerprint before, long value) {
        return new Fingerprint(mix(before.high() ^ value), mix(before.low() + SEED_LOW ^ value));
    }

    static Fingerprint chain(Fingerprint before, Fingerprint next) {
        return chain(chain(before, next.high()), next.low());
    }

    static Fingerprint plus(Fingerprint one, Fingerprint other) {
        long low = one.low() + other.low();
        long carry = Long.compareUnsigned(low, one.low()) < 0 ? 1 : 0;
        return new Fingerprint(one.high() + other.high() + carry, low);
    }

    static Fingerprint minus(Fingerprint one, Fingerprint other) {
        long borrow = Long.compareUnsigned(one.low(), other.low()) < 0 ? 1 : 0;
        return new Fingerprint(one.high() - other.high() - borrow, one.low() - other.low());
    }

    static long mix(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
