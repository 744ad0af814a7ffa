package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/** Stores an {@link EpochLayout} value as it was persisted, if its epoch is above the stored one; answers so. Frozen. */
public final class RestoreEpoch implements CacheEntryProcessor<Long, byte[], Boolean> {
    private static final long serialVersionUID = 1L;

    private final byte[] value;

    public RestoreEpoch(byte[] value) {
        this.value = value;
    }

    @Override
    public Boolean process(MutableEntry<Long, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        if (stored != null && EpochLayout.epoch(stored) >= EpochLayout.epoch(value)) {
            return false;
        }
        entry.setValue(value);
        return true;
    }
}
