package io.fleetscale.control.instance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClusterEntryTest {
    private static final Duration NOW = Duration.ofMillis(300);

    /** A grid that finds the others at its second attempt. */
    private static final class LateGrid implements ClusterGrid {
        private int joins;

        @Override
        public List<String> members() {
            return joins == 0 ? List.of("b") : List.of("a", "b");
        }

        @Override
        public boolean isRebalancing() {
            return false;
        }

        @Override
        public void tellRenewed(Duration ago) {
            throw new IllegalStateException("not before the start is over");
        }

        @Override
        public Map<String, Duration> othersRenewed() {
            return Map.of();
        }

        @Override
        public void tellApplied(long version) {
            throw new IllegalStateException("not before the start is over");
        }

        @Override
        public long othersApplied() {
            return 0;
        }

        @Override
        public void leave() {
            throw new IllegalStateException("an entry joins");
        }

        @Override
        public void rejoin() {
            joins++;
        }
    }

    private static InstanceRecord instance(String name, Duration sinceRenewed, InstanceState state) {
        return instance(name, 3, sinceRenewed, state);
    }

    private static InstanceRecord instance(String name, long incarnation, Duration sinceRenewed, InstanceState state) {
        return new InstanceRecord(
                name,
                incarnation,
                sinceRenewed,
                sinceRenewed.compareTo(InstanceLease.DURATION) < 0,
                "",
                "1.0.0",
                new InstanceReport(state, "", "", 0, 0),
                Instant.EPOCH,
                OptionalInt.empty(),
                OptionalInt.empty());
    }

    private static int joinsBesides(InstanceRecord other) throws Exception {
        LateGrid grid = new LateGrid();
        InstanceTable.Snapshot rows =
                new InstanceTable.Snapshot(List.of(other, instance("b", NOW, InstanceState.STARTING)), 0, Set.of());
        new ClusterEntry(() -> rows, grid, "b", () -> 2).await();
        return grid.joins;
    }

    @Test
    void joinsAgainUntilItSeesWhoLives() throws Exception {
        assertThat(joinsBesides(instance("a", NOW, InstanceState.READY))).isEqualTo(1);
    }

    @Test
    void ofTwoThatStartTogetherTheLaterFindsTheEarlier() throws Exception {
        assertThat(joinsBesides(instance("a", 1, NOW, InstanceState.STARTING))).isEqualTo(1);
        assertThat(joinsBesides(instance("a", 3, NOW, InstanceState.STARTING))).isZero();
    }

    @Test
    void waitsForNobodyWhoDiedStoppedStartsOrIsFenced() throws Exception {
        assertThat(joinsBesides(instance("a", Duration.ofSeconds(20), InstanceState.READY)))
                .isZero();
        assertThat(joinsBesides(instance("a", NOW, InstanceState.STOPPED))).isZero();
        assertThat(joinsBesides(instance("a", NOW, InstanceState.STARTING))).isZero();
        assertThat(joinsBesides(instance("a", NOW, InstanceState.FENCED))).isZero();
    }
}
