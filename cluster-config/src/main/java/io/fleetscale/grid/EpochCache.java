package io.fleetscale.grid;

import com.google.protobuf.ByteString;
import io.fleetscale.grid.processor.EpochLayout;
import io.fleetscale.grid.processor.RaiseEpoch;
import io.fleetscale.grid.processor.RemoveEpoch;
import io.fleetscale.grid.processor.RestoreEpoch;
import io.fleetscale.grid.processor.UpdateEpoch;

/**
 * Values that belong to whoever raised their epoch last: every later write names that epoch, and counts only while it stands.
 */
public final class EpochCache extends GridCache<Long, EpochCache.Entry> {
    /** A value and the epoch that owns it. */
    public record Entry(long key, long epoch, ByteString payload) {}

    EpochCache(Handle handle) {
        super(handle);
    }

    /**
     * Takes the entry over, in one step for all instances: its epoch becomes max(stored + 1, floor).
     *
     * @param floor the lowest epoch that may come out, positive
     * @return the new epoch, above every one before
     */
    public long raise(long key, long floor, ByteString payload) {
        return call(cache -> cache.invoke(key, new RaiseEpoch(floor, payload.toByteArray())));
    }

    /** Replaces the value, if it still belongs to this epoch; answers whether it did. */
    public boolean update(long key, long epoch, ByteString payload) {
        return call(cache -> cache.invoke(key, new UpdateEpoch(epoch, payload.toByteArray())));
    }

    /** Removes the entry, if it still belongs to this epoch; answers whether it did. */
    public boolean remove(long key, long epoch) {
        return call(cache -> cache.invoke(key, new RemoveEpoch(epoch)));
    }

    /** Stores an entry as it was persisted, if there is none or one with a lower epoch; answers whether it did. */
    public boolean restore(Entry entry) {
        byte[] value = EpochLayout.encode(entry.epoch(), entry.payload().toByteArray());
        return call(cache -> cache.invoke(entry.key(), new RestoreEpoch(value)));
    }

    @Override
    Entry show(Long key, byte[] value) {
        return new Entry(key, EpochLayout.epoch(value), EpochLayout.payload(value));
    }
}
