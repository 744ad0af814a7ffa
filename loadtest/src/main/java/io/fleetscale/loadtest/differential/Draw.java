package io.fleetscale.loadtest.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random choices from one seed. Not thread-safe. */
final class Draw {
    private final SplittableRandom random;

    Draw(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** From {@code low} to {@code high}, both included. */
    int number(int low, int high) {
        return random.nextInt(low, high + 1);
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    <T> T one(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** Between {@code low} and {@code high} elements, repetitions possible. */
    <T> List<T> some(List<T> from, int low, int high) {
        List<T> chosen = new ArrayList<>();
        int count = number(low, high);
        for (int i = 0; i < count; i++) {
            chosen.add(one(from));
        }
        return chosen;
    }

    /** Each element with the given chance. */
    <T> List<T> subset(List<T> from, int percent) {
        return from.stream().filter(element -> chance(percent)).toList();
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
