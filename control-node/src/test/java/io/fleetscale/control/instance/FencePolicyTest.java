package io.fleetscale.control.instance;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.instance.FencePolicy.Verdict;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every row of the table in architecture section 3, with two and with three instances. */
class FencePolicyTest {
    private static final Duration NOW = Duration.ofMillis(500);
    private static final Duration AWAY = Duration.ofSeconds(10);
    private static final Set<String> THREE = Set.of("a", "b", "c");
    private static final Set<String> TWO = Set.of("a", "b");

    private static Sight sight(
            Duration sinceRenewed,
            Set<String> members,
            Set<String> lastView,
            Map<String, Duration> others,
            Set<String> strangers) {
        return new Sight(NOW, sinceRenewed, members, lastView, others, strangers, false);
    }

    private static Verdict decide(
            Duration sinceRenewed,
            Set<String> members,
            Set<String> lastView,
            Map<String, Duration> others,
            Set<String> strangers) {
        return FencePolicy.decide(sight(sinceRenewed, members, lastView, others, strangers));
    }

    @Test
    void goesOnWhenAllIsWell() {
        assertThat(decide(NOW, THREE, THREE, Map.of("b", NOW, "c", NOW), Set.of()))
                .isInstanceOf(Verdict.GoOn.class);
    }

    @Test
    void keepsItsStreamsWhilePostgresIsAwayForAll() {
        assertThat(decide(AWAY, THREE, THREE, Map.of("b", AWAY, "c", AWAY), Set.of()))
                .isInstanceOf(Verdict.GoOn.class);
        assertThat(decide(AWAY, TWO, TWO, Map.of("b", AWAY), Set.of())).isInstanceOf(Verdict.GoOn.class);
        assertThat(decide(AWAY, Set.of("a"), Set.of("a"), Map.of(), Set.of())).isInstanceOf(Verdict.GoOn.class);
    }

    @Test
    void aMajorityOfTheLastViewGoesOnWithoutPostgres() {
        assertThat(decide(AWAY, TWO, THREE, Map.of(), Set.of())).isInstanceOf(Verdict.GoOn.class);
    }

    @Test
    void aMinorityOrHalfWithoutPostgresFences() {
        assertThat(decide(AWAY, Set.of("a"), THREE, Map.of(), Set.of())).isInstanceOf(Verdict.Fence.class);
        assertThat(decide(AWAY, Set.of("a"), TWO, Map.of(), Set.of())).isInstanceOf(Verdict.Fence.class);
        assertThat(decide(AWAY, Set.of(), TWO, Map.of(), Set.of())).isInstanceOf(Verdict.Fence.class);
    }

    @Test
    void fencesWhenPostgresAnswersOthersOnly() {
        assertThat(decide(AWAY, THREE, THREE, Map.of("b", AWAY, "c", NOW), Set.of()))
                .isEqualTo(new Verdict.Fence("PostgreSQL answers instance c but not this one"));
    }

    @Test
    void goesOnWhenTheMissingAreDead() {
        assertThat(decide(NOW, Set.of("a"), THREE, Map.of(), Set.of())).isInstanceOf(Verdict.GoOn.class);
        assertThat(decide(NOW, Set.of("a"), TWO, Map.of(), Set.of())).isInstanceOf(Verdict.GoOn.class);
    }

    @Test
    void racesWhenTheMissingLive() {
        assertThat(decide(NOW, TWO, THREE, Map.of("b", NOW), Set.of("c"))).isEqualTo(new Verdict.Race(false));
        assertThat(decide(NOW, Set.of("c"), THREE, Map.of(), TWO)).isEqualTo(new Verdict.Race(true));
    }

    @Test
    void aSideOfOneWaitsAlsoBeforeItHasNoticedThatBothOthersLive() {
        assertThat(decide(NOW, Set.of("a"), THREE, Map.of(), Set.of("b"))).isEqualTo(new Verdict.Race(true));
        assertThat(decide(NOW, Set.of("b", "c"), THREE, Map.of("c", NOW), Set.of("a")))
                .isEqualTo(new Verdict.Race(false));
    }

    @Test
    void oneOfTwoEqualSidesWaitsForTheOther() {
        assertThat(decide(NOW, Set.of("a"), TWO, Map.of(), Set.of("b"))).isEqualTo(new Verdict.Race(false));
        assertThat(decide(NOW, Set.of("b"), TWO, Map.of(), Set.of("a"))).isEqualTo(new Verdict.Race(true));
    }

    @Test
    void theLoserOfARaceFences() {
        assertThat(FencePolicy.decide(new Sight(NOW, NOW, TWO, THREE, Map.of(), Set.of(), true)))
                .isInstanceOf(Verdict.Fence.class);
    }

    @Test
    void whoWasStoppedFencesBeforeAnythingElse() {
        assertThat(FencePolicy.decide(new Sight(Duration.ofSeconds(9), NOW, THREE, THREE, Map.of(), Set.of(), false)))
                .isEqualTo(new Verdict.Fence("this process was stopped for 9 s"));
    }

    @Test
    void whoWasStoppedAloneGoesOn() {
        Set<String> self = Set.of("a");
        assertThat(FencePolicy.decide(new Sight(Duration.ofSeconds(9), NOW, self, self, Map.of(), Set.of(), false)))
                .isInstanceOf(Verdict.GoOn.class);
    }
}
