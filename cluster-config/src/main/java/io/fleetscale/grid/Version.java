package io.fleetscale.grid;

/** A version of a cached value: an unsigned 128-bit number, ordered by its high half, then its low half. */
public record Version(long high, long low) implements Comparable<Version> {
    /** A version that is a single number, such as a number of the tailnet's log. */
    public static Version of(long number) {
        return new Version(0, number);
    }

    @Override
    public int compareTo(Version other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        return high == 0 ? Long.toUnsignedString(low) : Long.toUnsignedString(high) + "." + Long.toUnsignedString(low);
    }
}
