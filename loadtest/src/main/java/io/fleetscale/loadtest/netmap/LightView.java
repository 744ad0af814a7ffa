package io.fleetscale.loadtest.netmap;

import io.fleetscale.loadtest.client.ControlException;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Who is seen, in three bits a peer: enough for thousands of sessions with thousands of peers each. Guarded by its own lock;
 * the events are told under it.
 */
public final class LightView implements PeerView, MapScanner.Changes {
    private static final ThreadLocal<MapScanner> SCANNER = ThreadLocal.withInitial(() -> new MapScanner(false));

    private final int viewer;
    private final PeerEvents events;
    private final BitSet listed = new BitSet();
    private final BitSet online = new BitSet();
    private final BitSet onlineBefore = new BitSet();
    private final BitSet endpoints = new BitSet();
    private final BitSet derp = new BitSet();
    private boolean first = true;
    private long selfId;
    private long messages;
    private long frameBytes;

    /** @param viewer the session's number for the events */
    public LightView(int viewer, PeerEvents events) {
        this.viewer = viewer;
        this.events = events;
    }

    @Override
    public synchronized void begin() {
        first = true;
    }

    @Override
    public synchronized Kind message(byte @Nullable [] json, int length, int bytes) throws ControlException {
        frameBytes += bytes;
        if (json == null) {
            throw new IllegalStateException("message without its content");
        }
        boolean opening = first;
        onlineBefore.clear();
        if (opening) {
            onlineBefore.or(online);
            peers(); // a new poll starts from nothing
        }
        Kind kind = SCANNER.get().scan(json, length, opening, this);
        if (kind == Kind.KEEP_ALIVE) {
            online.or(onlineBefore);
            return kind;
        }
        first = false;
        messages++;
        onlineBefore.andNot(online);
        onlineBefore.stream().forEach(peer -> events.offline(viewer, peer));
        return kind;
    }

    @Override
    public synchronized long selfId() {
        return selfId;
    }

    @Override
    public synchronized int missing(BitSet ids, Degree degree) {
        BitSet missing = (BitSet) ids.clone();
        missing.clear((int) selfId);
        BitSet known = (BitSet) listed.clone();
        if (degree != Degree.LISTED) {
            known.and(online);
        }
        if (degree == Degree.REACHABLE) {
            known.and(endpoints);
            known.and(derp);
        }
        missing.andNot(known);
        return missing.cardinality();
    }

    @Override
    public synchronized long messages() {
        return messages;
    }

    @Override
    public synchronized long frameBytes() {
        return frameBytes;
    }

    @Override
    public void peers() {
        listed.clear();
        online.clear();
        endpoints.clear();
        derp.clear();
    }

    @Override
    public void peer(PeerFields fields) {
        int id = (int) fields.id;
        listed.set(id);
        replace(id, fields);
    }

    @Override
    public void changed(PeerFields fields) {
        int id = (int) fields.id;
        if (!listed.get(id)) {
            listed.set(id);
            events.appeared(viewer, id);
        }
        boolean wasOnline = online.get(id);
        replace(id, fields);
        if (wasOnline && !online.get(id)) {
            events.offline(viewer, id);
        }
    }

    private void replace(int id, PeerFields fields) {
        online.set(id, Boolean.TRUE.equals(fields.online));
        endpoints.set(id, fields.port > 0);
        derp.set(id, fields.homeDerp > 0);
        if (fields.port > 0) {
            events.endpoint(viewer, id, fields.port);
        }
    }

    @Override
    public void removed(long id) {
        listed.clear((int) id);
        if (online.get((int) id)) {
            online.clear((int) id);
            events.offline(viewer, id);
        }
    }

    @Override
    public void online(long id, boolean value) {
        boolean before = online.get((int) id);
        online.set((int) id, value);
        if (before && !value) {
            events.offline(viewer, id);
        }
    }

    @Override
    public void patched(PeerFields fields) {
        if (fields.online != null) {
            online(fields.id, fields.online);
        }
        if (fields.homeDerp > 0) {
            derp.set((int) fields.id);
        }
        if (fields.hasEndpoints) {
            endpoints.set((int) fields.id, fields.port > 0);
            events.endpoint(viewer, fields.id, fields.port);
        }
    }

    @Override
    public void self(PeerFields fields) {
        selfId = fields.id;
    }
}
