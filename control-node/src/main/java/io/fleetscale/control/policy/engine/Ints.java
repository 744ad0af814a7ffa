package io.fleetscale.control.policy.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An ascending list of numbers as a key. Immutable. */
final class Ints {
    static final Ints EMPTY = new Ints(new int[0]);

    private final int[] values;
    private final int hash;

    /** @param values ascending; must not be changed afterwards */
    Ints(int[] values) {
        this.values = values;
        this.hash = Arrays.hashCode(values);
    }

    int[] values() {
        return values;
    }

    boolean isEmpty() {
        return values.length == 0;
    }

    boolean has(int value) {
        return Arrays.binarySearch(values, value) >= 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Ints that && hash == that.hash && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
