package io.fleetscale.control.policy.engine;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * A set of class numbers that only grows, by numbers that only grow: a list while it is sparse, bits when it is not. One thread
 * adds; others may read what was added before they got to know of the numbers.
 */
final class GrowingSet {
    private static final int DENSE_ABOVE = 64;

    private volatile int[] list = new int[4];
    private volatile long[] bits = {};
    private volatile int count;
    private volatile boolean dense;

    int size() {
        return count;
    }

    /** @param number greater than all before; the last one again is ignored */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void add(int number) {
        if (dense) {
            long[] words = bits;
            if (number >>> 6 >= words.length) {
                words = Arrays.copyOf(words, Math.max((number >>> 6) + 1, words.length * 3 / 2));
            }
            if ((words[number >>> 6] >>> number & 1) != 0) {
                return;
            }
            words[number >>> 6] |= 1L << number;
            bits = words;
            count = count + 1;
            return;
        }
        int[] numbers = list;
        int size = count;
        if (size > 0 && numbers[size - 1] == number) {
            return;
        }
        if (size == numbers.length) {
            numbers = Arrays.copyOf(numbers, size * 2);
        }
        numbers[size] = number;
        list = numbers;
        count = size + 1;
        if (count > DENSE_ABOVE && count > number >>> 5) {
            long[] words = new long[(number >>> 6) + 1];
            forEach(member -> words[member >>> 6] |= 1L << member);
            bits = words;
            dense = true;
            list = new int[0];
        }
    }

    boolean contains(int number) {
        if (dense) {
            long[] words = bits;
            return number >>> 6 < words.length && (words[number >>> 6] >>> number & 1) != 0;
        }
        int[] numbers = list;
        int size = Math.min(count, numbers.length);
        return dense ? contains(number) : Arrays.binarySearch(numbers, 0, size, number) >= 0;
    }

    void forEach(IntConsumer action) {
        if (dense) {
            Bits.forEach(bits, action);
            return;
        }
        int[] numbers = list;
        int size = Math.min(count, numbers.length);
        if (dense) {
            forEach(action);
            return;
        }
        for (int i = 0; i < size; i++) {
            action.accept(numbers[i]);
        }
    }

    /** Sets the bits of the members that are below {@code 64 * target.length}. */
    void orInto(long[] target) {
        if (dense) {
            long[] words = bits;
            for (int i = Math.min(words.length, target.length) - 1; i >= 0; i--) {
                target[i] |= words[i];
            }
            return;
        }
        forEach(number -> {
            if (number >>> 6 < target.length) {
                target[number >>> 6] |= 1L << number;
            }
        });
    }
}
