package io.fleetscale.control.presence;

import io.fleetscale.control.tailnet.NodeId;
import java.util.Collection;
import java.util.List;

/** Where presence survives a restart of everything. Calls block. */
public interface PresenceStore {
    /** Stores entries that are newer than the stored ones, and session epochs that are higher. */
    void write(Collection<PresenceGrid.Entry> entries, Collection<SessionGrid.Entry> sessions);

    void remove(Collection<NodeId> nodes);

    List<PresenceGrid.Entry> presence();

    List<SessionGrid.Entry> sessions();
}
