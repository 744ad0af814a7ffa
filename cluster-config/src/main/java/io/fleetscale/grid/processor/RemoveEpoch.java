package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/** Removes an {@link EpochLayout} entry that still has the named epoch; answers whether it did. Frozen. */
public final class RemoveEpoch implements CacheEntryProcessor<Long, byte[], Boolean> {
    private static final long serialVersionUID = 1L;

    private final long epoch;

    public RemoveEpoch(long epoch) {
        this.epoch = epoch;
    }

    @Override
    public Boolean process(MutableEntry<Long, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        if (stored == null || EpochLayout.epoch(stored) != epoch) {
            return false;
        }
        entry.remove();
        return true;
    }
}
