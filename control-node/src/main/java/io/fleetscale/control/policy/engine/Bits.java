package io.fleetscale.control.policy.engine;

import java.util.function.IntConsumer;

/** Sets of small numbers as words. */
final class Bits {
    private Bits() {}

    static long[] upTo(int limit) {
        return new long[(limit + 63) >>> 6];
    }

    static void fill(long[] words, int limit) {
        for (int i = 0; i < limit >>> 6; i++) {
            words[i] = -1L;
        }
        if ((limit & 63) != 0) {
            words[limit >>> 6] |= (1L << limit) - 1;
        }
    }

    static void set(long[] words, int number) {
        words[number >>> 6] |= 1L << number;
    }

    static boolean has(long[] words, int number) {
        return number >>> 6 < words.length && (words[number >>> 6] >>> number & 1) != 0;
    }

    static void or(long[] target, long[] words) {
        for (int i = Math.min(words.length, target.length) - 1; i >= 0; i--) {
            target[i] |= words[i];
        }
    }

    static int count(long[] words) {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        return count;
    }

    static void forEach(long[] words, IntConsumer action) {
        for (int i = 0; i < words.length; i++) {
            for (long word = words[i]; word != 0; word &= word - 1) {
                action.accept(i << 6 | Long.numberOfTrailingZeros(word));
            }
        }
    }
}
