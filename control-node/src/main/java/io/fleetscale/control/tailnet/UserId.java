package io.fleetscale.control.tailnet;

/** Number of a user: positive, at most 2^53 - 1, never used again. */
public record UserId(long value) implements Comparable<UserId> {
    @Override
    public int compareTo(UserId other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
