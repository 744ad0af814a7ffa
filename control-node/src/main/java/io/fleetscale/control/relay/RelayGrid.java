package io.fleetscale.control.relay;

import java.util.List;
import java.util.Optional;

/** Shows heartbeats to the other instances. Calls may block; an unreachable grid is no fault. Thread-safe. */
public interface RelayGrid {
    void show(RelayReport report);

    /** What all instances have shown lately; empty when the grid does not answer. */
    Optional<List<RelayReport>> shown();
}
