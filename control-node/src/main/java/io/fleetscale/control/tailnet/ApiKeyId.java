package io.fleetscale.control.tailnet;

/** Number of an API key: positive, at most 2^53 - 1, never used again. */
public record ApiKeyId(long value) implements Comparable<ApiKeyId> {
    @Override
    public int compareTo(ApiKeyId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
