package io.fleetscale.control.presence.testing;

import com.google.protobuf.ByteString;
import io.fleetscale.control.presence.PresenceGrid;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.grid.CacheDefinition;
import io.fleetscale.grid.CountedCache;
import io.fleetscale.grid.Grid;
import io.fleetscale.grid.GridConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Behaves as the grid does, within one JVM; {@link #setStopped} plays one that this instance has left. Thread-safe. */
public final class MemoryPresenceGrid implements PresenceGrid {
    private final Map<NodeId, Entry> entries = new HashMap<>();
    private final List<Consumer<Entry>> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean stopped;

    public void setStopped(boolean stopped) {
        this.stopped = stopped;
    }

    /** As the facade of a grid that does not run. */
    private static void failAsStopped() {
        CacheDefinition<CountedCache> cache = CacheDefinition.counted("presence");
        try (Grid never = new Grid(GridConfig.alone("stopped", "1.0.0", Path.of("target"), List.of(cache)))) {
            var unused = never.cache(cache).get(1L);
        }
    }

    @Override
    public synchronized Result put(NodeId node, long epoch, Map<Integer, ByteString> changes) {
        if (stopped) {
            failAsStopped();
        }
        Entry old = entries.get(node);
        if (old != null && old.epoch() > epoch) {
            return new Result.Stale(old.epoch());
        }
        TreeMap<Integer, ByteString> fields = old == null ? new TreeMap<>() : new TreeMap<>(old.fields());
        fields.putAll(changes);
        fields.values().removeIf(ByteString::isEmpty);
        return new Result.Written(store(new Entry(node, epoch, old == null ? 1 : old.counter() + 1, fields)));
    }

    private Entry store(Entry entry) {
        entries.put(entry.node(), entry);
        listeners.forEach(listener -> listener.accept(entry));
        return entry;
    }

    @Override
    public synchronized boolean restore(Entry entry) {
        Entry old = entries.get(entry.node());
        boolean newer = old == null
                || old.epoch() < entry.epoch()
                || old.epoch() == entry.epoch() && old.counter() < entry.counter();
        if (newer) {
            store(entry);
        }
        return newer;
    }

    @Override
    public synchronized void remove(NodeId node) {
        entries.remove(node);
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
