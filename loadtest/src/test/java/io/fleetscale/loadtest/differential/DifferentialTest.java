package io.fleetscale.loadtest.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.loadtest.corpus.DirectEngine;
import io.fleetscale.loadtest.corpus.ServerEngine;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The server's engine and the pair-wise interpreter on random policies and tailnets, byte for byte. Source: policy 11.12. */
class DifferentialTest {
    private static final int CASES = 1_000;
    private static final int FULL_CASES = 20_000;
    /** The same cases in each run; {@code -Dfleetscale.differential.seed} begins with another. */
    private static final long FIRST_SEED = Long.getLong("fleetscale.differential.seed", 20_261_125L);

    @Test
    void enginesAgree() {
        compare(CASES);
    }

    @Test
    @Tag("full")
    void enginesAgreeOnManyPairs() {
        compare(FULL_CASES);
    }

    private static void compare(int cases) {
        System.out.println("DifferentialTest: " + cases + " cases from seed " + FIRST_SEED);
        BareEnvironment environment = new BareEnvironment();
        for (int i = 0; i < cases; i++) {
            PolicyCase sample = PolicyCase.of(FIRST_SEED + i);
            assertThat(new Differential(
                                    sample.image(),
                                    new DirectEngine().compile(sample.image(), environment),
                                    new ServerEngine().compile(sample.image(), environment))
                            .first())
                    .as("%s\n%s", sample, sample.policy())
                    .isEmpty();
        }
    }
}
