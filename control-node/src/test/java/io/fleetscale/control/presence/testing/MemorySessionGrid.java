package io.fleetscale.control.presence.testing;

import com.google.protobuf.ByteString;
import io.fleetscale.control.presence.SessionGrid;
import io.fleetscale.control.tailnet.NodeId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Behaves as the grid does, within one JVM. Thread-safe. */
public final class MemorySessionGrid implements SessionGrid {
    private final Map<NodeId, Entry> entries = new HashMap<>();
    private final List<Consumer<Entry>> listeners = new CopyOnWriteArrayList<>();

    @Override
    public synchronized long raise(NodeId node, long floor, ByteString payload) {
        Entry old = entries.get(node);
        long epoch = Math.max(floor, old == null ? 0 : old.epoch() + 1);
        store(new Entry(node, epoch, payload));
        return epoch;
    }

    private void store(Entry entry) {
        entries.put(entry.node(), entry);
        listeners.forEach(listener -> listener.accept(entry));
    }

    @Override
    public synchronized boolean update(NodeId node, long epoch, ByteString payload) {
        Entry old = entries.get(node);
        if (old == null || old.epoch() != epoch) {
            return false;
        }
        store(new Entry(node, epoch, payload));
        return true;
    }

    @Override
    public synchronized boolean restore(Entry entry) {
        Entry old = entries.get(entry.node());
        if (old != null && old.epoch() >= entry.epoch()) {
            return false;
        }
        store(entry);
        return true;
    }

    @Override
    public synchronized boolean remove(NodeId node, long epoch) {
        Entry old = entries.get(node);
        return old != null && old.epoch() == epoch && entries.remove(node, old);
    }

    @Override
    public synchronized Optional<Entry> get(NodeId node) {
        return Optional.ofNullable(entries.get(node));
    }

    @Override
    public synchronized List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    @Override
    public void listen(Consumer<Entry> listener) {
        listeners.add(listener);
        entries().forEach(listener);
    }
}
