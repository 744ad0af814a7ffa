package io.fleetscale.loadtest.netmap;

import io.fleetscale.loadtest.client.ControlException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The strict model of one session: applies each message as a client does and records what no server may send. Endpoints
 * whose first port counts up show values that go back in time. Guarded by its own lock. Source: control-protocol 5.6.
 */
public final class Netmap implements PeerView, MapScanner.Changes {
    private static final ThreadLocal<MapScanner> SCANNER = ThreadLocal.withInitial(() -> new MapScanner(true));
    private static final Map<Long, Peer> SHARED = new ConcurrentHashMap<>();
    private static final int MAX_VIOLATIONS = 1000;

    private final int viewer;
    private final PeerEvents events;
    private final Map<Long, Peer> peers = new TreeMap<>();
    /** Of which names and tags the events were told; outlives a poll. */
    private final Map<Long, Peer> lastTold = new HashMap<>();

    private final Map<Long, Integer> newestPort = new HashMap<>();
    private final Set<Long> inList = new HashSet<>();
    private final List<Violation> violations = new ArrayList<>();
    private @Nullable Peer self;
    private boolean first = true;
    private long messages;
    private long frameBytes;

    /** @param viewer the session's number for events and violations */
    public Netmap(int viewer, PeerEvents events) {
        this.viewer = viewer;
        this.events = events;
    }

    @Override
    public synchronized void begin() {
        first = true;
    }

    @Override
    public synchronized Kind message(byte @Nullable [] json, int length, int bytes) throws ControlException {
        if (json == null) {
            throw new IllegalStateException("message without its content");
        }
        frameBytes += bytes;
        boolean opening = first;
        Map<Long, Peer> before = opening ? new TreeMap<>(peers) : Map.of();
        if (opening) {
            peers.clear(); // a new poll starts from nothing
        }
        Kind kind = SCANNER.get().scan(json, length, opening, this);
        if (kind == Kind.KEEP_ALIVE) {
            peers.putAll(before);
        } else {
            first = false;
            messages++;
            for (Peer peer : before.values()) {
                Peer now = peers.get(peer.id());
                if (peer.online() && (now == null || !now.online())) {
                    events.offline(viewer, peer.id());
                }
            }
            if (self != null && peers.containsKey(self.id())) {
                violated(Violation.Kind.FORBIDDEN, self.id(), "the node itself is among its peers");
                peers.remove(self.id());
            }
        }
        return kind;
    }

    @Override
    public synchronized long selfId() {
        return self == null ? 0 : self.id();
    }

    /** The node as the server describes it; empty until the first full map. */
    public synchronized Optional<Peer> self() {
        return Optional.ofNullable(self);
    }

    /** All peers by id. */
    public synchronized Map<Long, Peer> peersById() {
        return Map.copyOf(peers);
    }

    @Override
    public synchronized int missing(BitSet ids, Degree degree) {
        int missing = 0;
        for (int id = ids.nextSetBit(0); id >= 0; id = ids.nextSetBit(id + 1)) {
            if (id == selfId()) {
                continue;
            }
            Peer peer = peers.get((long) id);
            boolean known = peer != null
                    && switch (degree) {
                        case LISTED -> true;
                        case ONLINE -> peer.online();
                        case REACHABLE -> peer.online() && !peer.endpoints().isEmpty() && peer.homeDerp() > 0;
                    };
            missing += known ? 0 : 1;
        }
        return missing;
    }

    @Override
    public synchronized long messages() {
        return messages;
    }

    @Override
    public synchronized long frameBytes() {
        return frameBytes;
    }

    /** What was wrong with the messages until now. */
    public synchronized List<Violation> violations() {
        return List.copyOf(violations);
    }

    /**
     * Compares with the truth: {@code expected} holds every node that this one must see, and possibly the node itself.
     * To be called when nothing is under way.
     */
    public synchronized List<Violation> differences(Collection<Peer> expected) {
        List<Violation> found = new ArrayList<>();
        Map<Long, Peer> unexpected = new TreeMap<>(peers);
        for (Peer truth : expected) {
            unexpected.remove(truth.id());
            Peer known = peers.get(truth.id());
            if (truth.id() == selfId()) {
                if (self != null
                        && !(self.name().equals(truth.name()) && self.tags().equals(truth.tags()))) {
                    found.add(new Violation(
                            Violation.Kind.STALE, viewer, truth.id(), "knows itself as " + self + ", is " + truth));
                }
                continue;
            }
            if (known == null) {
                found.add(new Violation(Violation.Kind.LOST, viewer, truth.id(), "not in the netmap"));
            } else if (!known.equals(truth)) {
                found.add(
                        new Violation(Violation.Kind.STALE, viewer, truth.id(), "known as " + known + ", is " + truth));
            }
        }
        for (Peer peer : unexpected.values()) {
            found.add(new Violation(Violation.Kind.FORBIDDEN, viewer, peer.id(), "unexpected: " + peer));
        }
        Map<String, Long> owners = new HashMap<>();
        for (Peer peer : peers.values()) {
            List<String> unique = new ArrayList<>(peer.addresses());
            unique.add(peer.key());
            unique.add(peer.name());
            for (String value : unique) {
                Long other = owners.put(value, peer.id());
                if (other != null) {
                    found.add(new Violation(
                            Violation.Kind.DUPLICATED, viewer, peer.id(), value + " belongs to " + other + " too"));
                }
            }
        }
        return found;
    }

    @Override
    public void peers() {
        peers.clear();
        inList.clear();
    }

    @Override
    public void peer(PeerFields fields) {
        if (!inList.add(fields.id)) {
            violated(Violation.Kind.DUPLICATED, fields.id, "twice in one list of peers");
        }
        put(fields);
    }

    @Override
    public void changed(PeerFields fields) {
        Peer before = peers.get(fields.id);
        put(fields);
        if (before == null) {
            events.appeared(viewer, fields.id);
        } else if (before.online() && !Boolean.TRUE.equals(fields.online)) {
            events.offline(viewer, fields.id);
        }
    }

    private void put(PeerFields fields) {
        if (fields.key == null || fields.name == null || fields.addresses == null || fields.online == null) {
            violated(Violation.Kind.MALFORMED, fields.id, "node without key, name, addresses or online");
        }
        Peer peer = share(toPeer(fields));
        peers.put(fields.id, peer);
        Peer told = lastTold.put(fields.id, peer);
        if (told == null || !told.name().equals(peer.name())) {
            events.named(viewer, peer.id(), peer.name());
        }
        if (told == null || !told.tags().equals(peer.tags())) {
            events.tagged(viewer, peer.id(), peer.tags());
        }
        if (fields.hasEndpoints) {
            checkOrder(fields);
        }
    }

    private static Peer toPeer(PeerFields fields) {
        return new Peer(
                fields.id,
                Objects.requireNonNullElse(fields.key, ""),
                Objects.requireNonNullElse(fields.name, ""),
                Objects.requireNonNullElse(fields.addresses, List.of()),
                Boolean.TRUE.equals(fields.online),
                Objects.requireNonNullElse(fields.endpoints, List.of()),
                Math.max(fields.homeDerp, 0),
                Objects.requireNonNullElse(fields.tags, List.of()));
    }

    /** Thousands of sessions know the same peers: one object for all that are equal, as long as it is the newest. */
    private static Peer share(Peer peer) {
        Peer newest = SHARED.get(peer.id());
        if (newest != null && newest.equals(peer)) {
            return newest;
        }
        SHARED.put(peer.id(), peer);
        return peer;
    }

    private void checkOrder(PeerFields fields) {
        if (fields.port <= 0) {
            return;
        }
        Integer newest = newestPort.merge(fields.id, fields.port, Math::max);
        if (newest > fields.port) {
            violated(Violation.Kind.STALE, fields.id, "endpoint port " + fields.port + " after " + newest);
        }
        events.endpoint(viewer, fields.id, fields.port);
    }

    @Override
    public void removed(long id) {
        lastTold.remove(id);
        Peer before = peers.remove(id);
        if (before == null) {
            violated(Violation.Kind.MALFORMED, id, "removed, but was not there");
        } else if (before.online()) {
            events.offline(viewer, id);
        }
    }

    @Override
    public void online(long id, boolean online) {
        Peer before = peers.get(id);
        if (before == null) {
            violated(Violation.Kind.MALFORMED, id, "online changed, but the peer is not there");
            return;
        }
        peers.put(id, share(before.withOnline(online)));
        if (before.online() && !online) {
            events.offline(viewer, id);
        }
    }

    @Override
    public void patched(PeerFields fields) {
        if (!peers.containsKey(fields.id)) {
            violated(Violation.Kind.MALFORMED, fields.id, "patched, but is not there");
            return;
        }
        if (fields.online != null) {
            online(fields.id, fields.online);
        }
        Peer before = Objects.requireNonNull(peers.get(fields.id));
        peers.put(
                fields.id,
                share(new Peer(
                        before.id(),
                        Objects.requireNonNullElse(fields.key, before.key()),
                        before.name(),
                        before.addresses(),
                        before.online(),
                        Objects.requireNonNullElse(fields.endpoints, before.endpoints()),
                        fields.homeDerp > 0 ? fields.homeDerp : before.homeDerp(),
                        before.tags())));
        if (fields.hasEndpoints) {
            checkOrder(fields);
        }
    }

    @Override
    public void self(PeerFields fields) {
        self = toPeer(fields);
    }

    private void violated(Violation.Kind kind, long peer, String detail) {
        if (violations.size() < MAX_VIOLATIONS) {
            violations.add(new Violation(kind, viewer, peer, detail));
        }
    }
}
