package io.fleetscale.grid;

import com.google.protobuf.ByteString;
import io.fleetscale.grid.processor.CountedLayout;
import io.fleetscale.grid.processor.OverlayFields;
import io.fleetscale.grid.processor.RestoreFields;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Values made of numbered fields, each write of which is numbered where the entry lives: (epoch, counter) orders all writes of a
 * key, whichever instance they came through.
 *
 * <p>A write names only the fields that it changes, and they are laid over the stored ones in one step, so that two writers of
 * different fields never undo each other. The byte layout is that of {@link CountedLayout}.
 */
public final class CountedCache extends GridCache<Long, CountedCache.Entry> {
    /**
     * A value.
     *
     * @param fields by number; never with empty bytes
     */
    public record Entry(long key, long epoch, long counter, SortedMap<Integer, ByteString> fields) {}

    /** What became of a write. */
    public sealed interface Result {
        /** It counts; the entry is as it stands now, with the fields of this and of all earlier writes. */
        record Written(Entry entry) implements Result {}

        /** It was refused, because a later epoch owns the entry. */
        record Stale(long storedEpoch) implements Result {}
    }

    CountedCache(Handle handle) {
        super(handle);
    }

    /**
     * Lays fields over the entry under the next counter (stored + 1, or 1 for a new one).
     *
     * @param epoch the writer's; it becomes the entry's, and the write is refused if the entry has a later one
     * @param changes field numbers from 1 and their new bytes; empty bytes drop the field, fields that are not named stay
     */
    public Result put(long key, long epoch, Map<Integer, ByteString> changes) {
        byte[] overlay = CountedLayout.encodeOverlay(checked(key, changes));
        byte[] result = call(cache -> cache.invoke(key, new OverlayFields(epoch, overlay)));
        return CountedLayout.isRefusal(result)
                ? new Result.Stale(CountedLayout.epoch(result))
                : new Result.Written(show(key, result));
    }

    /** Stores an entry as it was persisted, if there is none or one with a lower (epoch, counter); whether it did. */
    public boolean restore(Entry entry) {
        SortedMap<Integer, ByteString> fields = checked(entry.key(), entry.fields());
        fields.values().removeIf(ByteString::isEmpty);
        byte[] value = CountedLayout.encode(entry.epoch(), entry.counter(), fields);
        return call(cache -> cache.invoke(entry.key(), new RestoreFields(value)));
    }

    /** Removes the entry whatever its epoch; answers whether there was one. A later write starts it anew. */
    public boolean remove(long key) {
        return call(cache -> cache.remove(key));
    }

    @Override
    Entry show(Long key, byte[] value) {
        return new Entry(key, CountedLayout.epoch(value), CountedLayout.counter(value), CountedLayout.fields(value));
    }

    private static SortedMap<Integer, ByteString> checked(long key, Map<Integer, ByteString> changes) {
        TreeMap<Integer, ByteString> sorted = new TreeMap<>(changes);
        if (!sorted.isEmpty() && sorted.firstKey() < 1) {
            throw new IllegalArgumentException(
                    "field " + sorted.firstKey() + " of entry " + key + ": must be 1 or above");
        }
        return sorted;
    }
}
