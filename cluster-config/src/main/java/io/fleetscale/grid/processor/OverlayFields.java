package io.fleetscale.grid.processor;

import javax.cache.processor.MutableEntry;
import org.apache.ignite.cache.CacheEntryProcessor;

/**
 * Lays fields over a {@link CountedLayout} entry under the next counter, unless the stored epoch is above the writer's. The
 * answer is the whole new value, or a {@linkplain CountedLayout#isRefusal refusal} with the stored epoch and counter. Frozen.
 */
public final class OverlayFields implements CacheEntryProcessor<Long, byte[], byte[]> {
    private static final long serialVersionUID = 1L;

    private final long epoch;
    private final byte[] overlay;

    public OverlayFields(long epoch, byte[] overlay) {
        this.epoch = epoch;
        this.overlay = overlay;
    }

    @Override
    public byte[] process(MutableEntry<Long, byte[]> entry, Object... arguments) {
        byte[] stored = entry.getValue();
        if (stored == null) {
            stored = CountedLayout.empty(epoch);
        } else if (epoch < CountedLayout.epoch(stored)) {
            return CountedLayout.refusal(stored);
        }
        byte[] merged = CountedLayout.overlaid(stored, overlay, epoch, CountedLayout.counter(stored) + 1);
        entry.setValue(merged);
        return merged;
    }
}
