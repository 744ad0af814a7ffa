package io.fleetscale.control.presence;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.grid.CountedCache;
import io.fleetscale.grid.EntryListener;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The cache {@code presence} of the grid. Thread-safe. */
public final class GridPresence implements PresenceGrid {
    private final CountedCache cache;

    public GridPresence(CountedCache cache) {
        this.cache = cache;
    }

    @Override
    public Result put(NodeId node, long epoch, Map<Integer, ByteString> changes) {
        return switch (cache.put(node.value(), epoch, changes)) {
            case CountedCache.Result.Written(CountedCache.Entry entry) -> new Result.Written(show(entry));
            case CountedCache.Result.Stale(long storedEpoch) -> new Result.Stale(storedEpoch);
        };
    }

    @Override
    public boolean restore(Entry entry) {
        return cache.restore(
                new CountedCache.Entry(entry.node().value(), entry.epoch(), entry.counter(), entry.fields()));
    }

    @Override
    public void remove(NodeId node) {
        cache.remove(node.value());
    }

    @Override
    public Optional<Entry> get(NodeId node) {
        return cache.get(node.value()).map(GridPresence::show);
    }

    @Override
    public List<Entry> entries() {
        return cache.entries().stream().map(GridPresence::show).toList();
    }

    @Override
    public void listen(Consumer<Entry> listener) {
        cache.listen(
                new EntryListener<>() {
                    @Override
                    public void changed(CountedCache.Entry entry) {
                        listener.accept(show(entry));
                    }

                    @Override
                    public void removed(Long key) {
                        // Nodes leave with the image, on every instance at the same number of the log.
                    }

                    @Override
                    public void resynchronise() {
                        // All entries follow, and each counts only if it is newer than what is known.
                    }
                },
                true);
    }

    private static Entry show(CountedCache.Entry entry) {
        return new Entry(new NodeId(entry.key()), entry.epoch(), entry.counter(), entry.fields());
    }
}
