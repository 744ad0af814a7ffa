package io.fleetscale.control.instance;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The grid as far as an instance's place in the cluster depends on it. Thread-safe. */
public interface ClusterGrid {
    /** Names of the instances in the grid, the oldest first; the own one is among them while the grid runs. */
    List<String> members();

    /** Whether any member still takes over entries from others. */
    boolean isRebalancing();

    /** Tells the other members how long ago this instance renewed its lease. May block. */
    void tellRenewed(Duration ago);

    /** What the other members told lately. */
    Map<String, Duration> othersRenewed();

    /** Tells the other members the number of the log that this instance has applied. May block. */
    void tellApplied(long version);

    /** The highest number that another member told lately; 0 when none did. */
    long othersApplied();

    /** Leaves the grid. May block. */
    void leave();

    /** Joins the grid anew, without entries. Blocks. */
    void rejoin();
}
