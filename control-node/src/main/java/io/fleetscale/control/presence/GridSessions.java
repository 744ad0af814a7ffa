package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.grid.EntryListener;
import io.fleetscale.grid.EpochCache;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The cache {@code sessions} of the grid. Thread-safe. */
public final class GridSessions implements SessionGrid {
    private final EpochCache cache;

    public GridSessions(EpochCache cache) {
        this.cache = cache;
    }

    @Override
    public long raise(NodeId node, long floor, ByteString payload) {
        return cache.raise(node.value(), floor, payload);
    }

    @Override
    public boolean update(NodeId node, long epoch, ByteString payload) {
        return cache.update(node.value(), epoch, payload);
    }

    @Override
    public boolean restore(Entry entry) {
        return cache.restore(new EpochCache.Entry(entry.node().value(), entry.epoch(), entry.payload()));
    }

    @Override
    public boolean remove(NodeId node, long epoch) {
        return cache.remove(node.value(), epoch);
    }

    @Override
    public Optional<Entry> get(NodeId node) {
        return cache.get(node.value()).map(GridSessions::show);
    }

    @Override
    public List<Entry> entries() {
        return cache.entries().stream().map(GridSessions::show).toList();
    }

    @Override
    public void listen(Consumer<Entry> listener) {
        cache.listen(
                new EntryListener<>() {
                    @Override
                    public void changed(EpochCache.Entry entry) {
                        listener.accept(show(entry));
                    }

                    @Override
                    public void removed(Long key) {
                        // Only a node's removal ends its entry, and that every instance learns from the log.
                    }

                    @Override
                    public void resynchronise() {
                        // All entries follow; epochs decide.
                    }
                },
                true);
    }

    private static Entry show(EpochCache.Entry entry) {
        return new Entry(new NodeId(entry.key()), entry.epoch(), entry.payload());
    }
}
