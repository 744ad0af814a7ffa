package io.fleetscale.control.tailnet;

/** Number of a pre-auth key: positive, at most 2^53 - 1, never used again. */
public record PreAuthKeyId(long value) implements Comparable<PreAuthKeyId> {
    @Override
    public int compareTo(PreAuthKeyId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
