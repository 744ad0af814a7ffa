package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/** Removes a {@link VersionedLayout} value whose version is below a limit; answers whether it did. Frozen. */
public final class RemoveIfOlder<K> implements CacheEntryProcessor<K, byte[], Boolean> {
    private static final long serialVersionUID = 1L;

    private final long high;
    private final long low;
    private final boolean tombstonesOnly;

    public RemoveIfOlder(long high, long low, boolean tombstonesOnly) {
        this.high = high;
        this.low = low;
        this.tombstonesOnly = tombstonesOnly;
    }

    @Override
    public Boolean process(MutableEntry<K, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        if (stored == null
                || (tombstonesOnly && !VersionedLayout.isTombstone(stored))
                || VersionedLayout.compareVersion(stored, high, low) >= 0) {
            return false;
        }
        entry.remove();
        return true;
    }
}
