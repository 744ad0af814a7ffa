package io.fleetscale.control.presence;

import io.fleetscale.control.tailnet.NodeId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The newest presence of every node as this instance knows it; older news never replaces newer. Nodes that the image does not
 * know yet are kept too, up to a limit. Thread-safe.
 */
public final class PresenceOverlay {
    /** How many nodes that are in no image yet are kept. */
    static final int MAX_UNKNOWN = 10_000;

    private final ConcurrentHashMap<NodeId, Presence> nodes = new ConcurrentHashMap<>();
    private final List<Consumer<NodeId>> listeners = new CopyOnWriteArrayList<>();

    /** Never null: a node that has not reported has {@link Presence#NONE}. */
    public Presence get(NodeId node) {
        return nodes.getOrDefault(node, Presence.NONE);
    }

    /** Copies of all entries. */
    public Map<NodeId, Presence> all() {
        return Map.copyOf(nodes);
    }

    /** Takes news; answers whether they were newer than what was known. */
    public boolean offer(NodeId node, Presence news) {
        boolean[] taken = new boolean[1];
        nodes.compute(node, (id, old) -> {
            taken[0] = old == null || news.isNewerThan(old);
            return taken[0] || old == null ? news : old;
        });
        if (taken[0]) {
            tell(node);
        }
        return taken[0];
    }

    /** Forgets a node that was removed from the tailnet. */
    public void forget(NodeId node) {
        if (nodes.remove(node) != null) {
            tell(node);
        }
    }

    /** Drops the oldest of the nodes that are in no image when there are more than {@link #MAX_UNKNOWN}. */
    public void bound(Predicate<NodeId> known) {
        List<NodeId> unknown =
                nodes.keySet().stream().filter(known.negate()).sorted().toList();
        for (int i = 0; i < unknown.size() - MAX_UNKNOWN; i++) {
            nodes.remove(unknown.get(i));
        }
    }

    /** Calls back with each node whose presence changed, on the thread that changed it; the listener must only enqueue. */
    public void addListener(Consumer<NodeId> listener) {
        listeners.add(listener);
    }

    private void tell(NodeId node) {
        for (Consumer<NodeId> listener : listeners) {
            listener.accept(node);
        }
    }
}
