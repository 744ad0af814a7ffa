package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/** Replaces the payload of an {@link EpochLayout} entry that still has the named epoch; answers whether it did. Frozen. */
public final class UpdateEpoch implements CacheEntryProcessor<Long, byte[], Boolean> {
    private static final long serialVersionUID = 1L;

    private final long epoch;
    private final byte[] payload;

    public UpdateEpoch(long epoch, byte[] payload) {
        this.epoch = epoch;
        this.payload = payload;
    }

    @Override
    public Boolean process(MutableEntry<Long, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        if (stored == null || EpochLayout.epoch(stored) != epoch) {
            return false;
        }
        entry.setValue(EpochLayout.encode(epoch, payload));
        return true;
    }
}
