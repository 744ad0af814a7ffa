package io.fleetscale.control.policy.engine;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random sequences of events: after each, the policy that followed must say what one made from nothing says, the effect must
 * name everybody for whom something is different, and clients that are told only differences must hold the whole filter.
 * Source: policy 11.12, points 3 and 4.
 */
class IncrementalTest {
    private static final int SEEDS = Integer.getInteger("fleetscale.incrementalSeeds", 60);

    static List<Long> seeds() {
        long first = Long.getLong("fleetscale.incrementalSeed", 20_261_125L);
        List<Long> seeds = new ArrayList<>();
        for (int i = 0; i < SEEDS; i++) {
            seeds.add(first + i);
        }
        return seeds;
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void followsLikeMadeFromNothing(long seed) {
        new IncrementalRun(seed).run();
    }
}
