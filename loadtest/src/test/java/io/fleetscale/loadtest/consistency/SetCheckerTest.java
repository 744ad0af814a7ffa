package io.fleetscale.loadtest.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.loadtest.consistency.SetChecker.Add;
import io.fleetscale.loadtest.consistency.SetChecker.Read;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SetCheckerTest {
    @Test
    void takesWhatOneCopyWouldDo() {
        assertThat(SetChecker.check(
                        List.of(
                                new Add("a", 1, 2),
                                new Add("b", 3, 10),
                                new Add("c", 4, 5),
                                new Add("d", 6, Operation.NEVER)),
                        List.of(
                                new Read(Set.of(), 0, 1),
                                new Read(Set.of("a"), 3, 4),
                                new Read(Set.of("a", "c"), 6, 7),
                                new Read(Set.of("a", "b", "c"), 8, 9),
                                new Read(Set.of("a", "b", "c"), 20, 21))))
                .isEmpty();
    }

    @Test
    void findsALostElement() {
        assertThat(SetChecker.check(List.of(new Add("a", 1, 2)), List.of(new Read(Set.of(), 3, 4))))
                .hasValueSatisfying(text -> assertThat(text).contains("acknowledged"));
        assertThat(SetChecker.check(
                        List.of(new Add("a", 1, 2), new Add("b", 3, 4)),
                        List.of(new Read(Set.of("a"), 3, 4), new Read(Set.of("b"), 5, 6))))
                .hasValueSatisfying(text -> assertThat(text).contains("missing"));
    }

    @Test
    void findsAReadThatGoesBack() {
        assertThat(SetChecker.check(
                        List.of(new Add("a", 1, 100)), List.of(new Read(Set.of("a"), 2, 3), new Read(Set.of(), 4, 5))))
                .isPresent();
    }

    @Test
    void findsALaterElementWithoutTheEarlierOne() {
        assertThat(SetChecker.check(
                        List.of(new Add("a", 1, 2), new Add("b", 3, 4)), List.of(new Read(Set.of("b"), 1, 100))))
                .isPresent();
    }

    @Test
    void findsWhatNobodyAdded() {
        assertThat(SetChecker.check(List.of(), List.of(new Read(Set.of("x"), 1, 2))))
                .isPresent();
        assertThat(SetChecker.check(List.of(new Add("a", 5, 6)), List.of(new Read(Set.of("a"), 1, 2))))
                .isPresent();
    }

    /** Histories made from a real set pass; with one acknowledged element taken out of one late read they do not. */
    @Test
    void acceptsMadeHistoriesAndFindsWhatIsPlantedInThem() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            List<Add> adds = new ArrayList<>();
            List<Read> reads = new ArrayList<>();
            Set<String> set = new HashSet<>();
            for (int at = 100; at < 4_000; at += 20) {
                // takes effect at "at"; begins and ends up to 60 around it
                int from = at - random.nextInt(60);
                int to = at + random.nextInt(60);
                if (random.nextBoolean()) {
                    set.add("e" + at);
                    adds.add(new Add("e" + at, from, to));
                } else {
                    reads.add(new Read(set, from, to));
                }
            }
            assertThat(SetChecker.check(adds, reads)).as("seed " + seed).isEmpty();

            Add victim = adds.get(random.nextInt(adds.size() / 2));
            Set<String> without = new HashSet<>(set);
            without.remove(victim.element());
            reads.add(new Read(without, 5_000, 5_001));
            assertThat(SetChecker.check(adds, reads)).as("seed " + seed).isPresent();
        }
    }
}
