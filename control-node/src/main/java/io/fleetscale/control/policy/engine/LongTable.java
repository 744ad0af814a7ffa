package io.fleetscale.control.policy.engine;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A persistent map from non-negative numbers: a trie of 32-way tables, so that a change copies a handful of small arrays.
 * Immutable and thread-safe.
 */
final class LongTable<V> {
    private static final int BITS = 5;
    private static final int WIDTH = 1 << BITS;
    private static final int MASK = WIDTH - 1;
    private static final LongTable<?> EMPTY = new LongTable<>(0, new Object[WIDTH], 0);

    private final int shift;
    private final @Nullable Object[] root;
    private final int size;

    private LongTable(int shift, @Nullable Object[] root, int size) {
        this.shift = shift;
        this.root = root;
        this.size = size;
    }

    @SuppressWarnings("unchecked") // the empty table has no values
    static <V> LongTable<V> empty() {
        return (LongTable<V>) EMPTY;
    }

    int size() {
        return size;
    }

    @SuppressWarnings("unchecked") // leaves hold values only
    @Nullable
    V get(long key) {
        if (key >>> (shift + BITS) != 0) {
            return null;
        }
        @Nullable Object[] table = root;
        for (int level = shift; level > 0; level -= BITS) {
            Object below = table[(int) (key >>> level) & MASK];
            if (below == null) {
                return null;
            }
            table = (Object[]) below;
        }
        return (V) table[(int) key & MASK];
    }

    LongTable<V> plus(long key, V value) {
        if (key < 0) {
            throw new IllegalArgumentException("key " + key + ": must not be negative");
        }
        int high = shift;
        @Nullable Object[] top = root;
        while (high + BITS < 64 && key >>> (high + BITS) != 0) {
            @Nullable Object[] above = new Object[WIDTH];
            above[0] = top;
            top = above;
            high += BITS;
        }
        int grown = get(key) == null ? size + 1 : size;
        return new LongTable<>(high, with(top, high, key, value), grown);
    }

    LongTable<V> minus(long key) {
        return get(key) == null ? this : new LongTable<>(shift, with(root, shift, key, null), size - 1);
    }

    private static @Nullable Object[] with(
            @Nullable Object @Nullable [] table, int level, long key, @Nullable Object value) {
        @Nullable Object[] copy = table == null ? new Object[WIDTH] : table.clone();
        int at = (int) (key >>> level) & MASK;
        copy[at] = level == 0 ? value : with((@Nullable Object[]) copy[at], level - BITS, key, value);
        return copy;
    }

    /** In ascending order of keys. */
    void forEach(BiConsumer<Long, V> action) {
        forEach(root, shift, 0, action);
    }

    @SuppressWarnings("unchecked") // leaves hold values only
    private void forEach(@Nullable Object[] table, int level, long prefix, BiConsumer<Long, V> action) {
        for (int i = 0; i < WIDTH; i++) {
            Object below = table[i];
            if (below != null) {
                long key = prefix | (long) i << level;
                if (level == 0) {
                    action.accept(key, (V) below);
                } else {
                    forEach((Object[]) below, level - BITS, key, action);
                }
            }
        }
    }
}
