package io.fleetscale.control.boot;

import com.google.protobuf.ByteString;
import io.fleetscale.control.instance.ClusterGrid;
import io.fleetscale.control.instance.JoinTurn;
import io.fleetscale.grid.Grid;
import io.fleetscale.grid.GridException;
import io.fleetscale.grid.Member;
import io.fleetscale.grid.TransientCache;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The grid of this instance, and what its members tell each other of their leases through a cache of it. */
final class InstanceClusterGrid implements ClusterGrid {
    private static final String BEAT = "beat/";
    /** Beside the beat, whose form releases before this one read. */
    private static final String APPLIED = "applied/";

    private static final Duration BEAT_LIFE = Duration.ofSeconds(3);

    private final Grid grid;
    private final TransientCache beats;
    private final String self;
    private final JoinTurn turn;

    InstanceClusterGrid(Grid grid, String self, JoinTurn turn) {
        this.grid = grid;
        this.turn = turn;
        this.beats = grid.cache(InstanceGrid.CALLS);
        this.self = self;
    }

    @Override
    public List<String> members() {
        return grid.membership().members().stream().map(Member::instance).toList();
    }

    @Override
    public boolean isRebalancing() {
        return grid.rebalance().anyone();
    }

    @Override
    public void tellRenewed(Duration ago) {
        if (grid.membership().members().size() > 1) {
            beats.put(BEAT + self, ByteString.copyFromUtf8(Long.toString(ago.toMillis())), BEAT_LIFE);
        }
    }

    @Override
    public Map<String, Duration> othersRenewed() {
        Map<String, Duration> told = new HashMap<>();
        for (String member : members()) {
            if (!member.equals(self)) {
                try {
                    beats.get(BEAT + member)
                            .ifPresent(beat -> told.put(
                                    member,
                                    Duration.ofMillis(
                                            Long.parseLong(beat.payload().toStringUtf8()))));
                } catch (GridException e) {
                    return Map.of(); // it stops: nobody tells anything any more
                }
            }
        }
        return told;
    }

    @Override
    public void tellApplied(long version) {
        if (grid.membership().members().size() > 1) {
            beats.put(APPLIED + self, ByteString.copyFromUtf8(Long.toString(version)), BEAT_LIFE);
        }
    }

    @Override
    public long othersApplied() {
        long highest = 0;
        for (String member : members()) {
            if (!member.equals(self)) {
                try {
                    highest = Math.max(
                            highest,
                            beats.get(APPLIED + member)
                                    .map(told -> Long.parseLong(told.payload().toStringUtf8()))
                                    .orElse(0L));
                } catch (GridException e) {
                    return highest; // it stops: nobody tells anything any more
                }
            }
        }
        return highest;
    }

    @Override
    public void leave() {
        grid.stop();
    }

    @Override
    public void rejoin() {
        turn.run(grid::restart);
    }
}
