package io.fleetscale.control.presence.testing;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.presence.PresenceGrid;
import io.fleetscale.control.presence.PresenceStore;
import io.fleetscale.control.presence.SessionGrid;
import io.fleetscale.control.tailnet.NodeId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps what is written; {@link #setAway} plays a database that is gone. Thread-safe. */
public final class MemoryPresenceStore implements PresenceStore {
    private final Map<NodeId, PresenceGrid.Entry> presence = new ConcurrentHashMap<>();
    private final Map<NodeId, SessionGrid.Entry> sessions = new ConcurrentHashMap<>();
    private volatile boolean away;

    public void setAway(boolean away) {
        this.away = away;
    }

    @Override
    public void write(Collection<PresenceGrid.Entry> entries, Collection<SessionGrid.Entry> epochs) {
        if (away) {
            throw new ControlException(ErrorCode.UNAVAILABLE, "the database is away");
        }
        entries.forEach(entry -> presence.put(entry.node(), entry));
        epochs.forEach(entry -> sessions.put(entry.node(), entry));
    }

    @Override
    public void remove(Collection<NodeId> nodes) {
        nodes.forEach(presence::remove);
        nodes.forEach(sessions::remove);
    }

    @Override
    public List<PresenceGrid.Entry> presence() {
        return List.copyOf(presence.values());
    }

    @Override
    public List<SessionGrid.Entry> sessions() {
        return List.copyOf(sessions.values());
    }
}
