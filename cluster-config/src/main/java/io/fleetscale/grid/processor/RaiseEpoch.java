package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/** Takes an {@link EpochLayout} entry over: its epoch becomes max(stored + 1, floor), which is the answer. Frozen. */
public final class RaiseEpoch implements CacheEntryProcessor<Long, byte[], Long> {
    private static final long serialVersionUID = 1L;

    private final long floor;
    private final byte[] payload;

    public RaiseEpoch(long floor, byte[] payload) {
        this.floor = floor;
        this.payload = payload;
    }

    @Override
    public Long process(MutableEntry<Long, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        long epoch = stored == null ? floor : Math.max(EpochLayout.epoch(stored) + 1, floor);
        entry.setValue(EpochLayout.encode(epoch, payload));
        return epoch;
    }
}
