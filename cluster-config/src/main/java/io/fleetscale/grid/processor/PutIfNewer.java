package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/** Stores a {@link VersionedLayout} value if its version is above the stored one; answers whether it did. Frozen. */
public final class PutIfNewer<K> implements CacheEntryProcessor<K, byte[], Boolean> {
    private static final long serialVersionUID = 1L;

    private final byte[] value;

    public PutIfNewer(byte[] value) {
        this.value = value;
    }

    @Override
    public Boolean process(MutableEntry<K, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        if (stored != null
                && VersionedLayout.compareVersion(stored, VersionedLayout.high(value), VersionedLayout.low(value))
                        >= 0) {
            return false;
        }
        entry.setValue(value);
        return true;
    }
}
