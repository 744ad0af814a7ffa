package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/** Stores a {@link CountedLayout} value as it was persisted, if its (epoch, counter) is above the stored one. Frozen. */
public final class RestoreFields implements CacheEntryProcessor<Long, byte[], Boolean> {
    private static final long serialVersionUID = 1L;

    private final byte[] value;

    public RestoreFields(byte[] value) {
        this.value = value;
    }

    @Override
    public Boolean process(MutableEntry<Long, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        if (stored != null) {
            int byEpoch = Long.compare(CountedLayout.epoch(stored), CountedLayout.epoch(value));
            if (byEpoch > 0 || (byEpoch == 0 && CountedLayout.counter(stored) >= CountedLayout.counter(value))) {
                return false;
            }
        }
        entry.setValue(value);
        return true;
    }
}
