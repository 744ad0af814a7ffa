package io.fleetscale.grid;

import com.google.protobuf.ByteString;
import io.fleetscale.grid.processor.PutIfNewer;
import io.fleetscale.grid.processor.RemoveIfOlder;
import io.fleetscale.grid.processor.VersionedLayout;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;

/**
 * Values with versions: a write counts only if its version is above the stored one, so repeated and late writes do no harm.
 *
 * @param <K> {@code Long} or {@code String}
 */
public final class VersionedCache<K> extends GridCache<K, VersionedCache.Entry<K>> {
    /**
     * A value and its version.
     *
     * @param tombstone whether the value was deleted at this version; the payload is empty then
     */
    public record Entry<K>(K key, Version version, boolean tombstone, ByteString payload) {
        public Entry {
            if (tombstone && !payload.isEmpty()) {
                throw new IllegalArgumentException("entry " + key + ": a tombstone has no payload");
            }
        }
    }

    VersionedCache(Handle handle) {
        super(handle);
    }

    /** Whether the value was stored, because there was none or one with a lower version. */
    public boolean putIfNewer(K key, Version version, ByteString payload) {
        return put(key, version, false, payload);
    }

    /** Deletes: stores at this version that there is no value. Whether it was stored, as with a value. */
    public boolean tombstone(K key, Version version) {
        return put(key, version, true, ByteString.EMPTY);
    }

    /** Stores many entries, each as if alone but in fewer messages; answers how many were newer. */
    public int putAllIfNewer(Collection<Entry<K>> entries) {
        // sorted, so that two such writes lock their entries in the same order
        TreeMap<K, EntryProcessor<K, byte[], Boolean>> processors = new TreeMap<>();
        for (Entry<K> entry : entries) {
            processors.put(entry.key(), new PutIfNewer<>(encode(entry)));
        }
        if (processors.isEmpty()) {
            return 0;
        }
        Map<K, EntryProcessorResult<Boolean>> results = call(cache -> cache.invokeAll(processors));
        int newer = 0;
        for (EntryProcessorResult<Boolean> result : results.values()) {
            newer += result.get() ? 1 : 0;
        }
        return newer;
    }

    /** Removes every entry with a lower version, tombstones and values; answers how many. */
    public int removeOlder(Version limit) {
        return remove(limit, false);
    }

    /** Removes every tombstone with a lower version; answers how many. */
    public int removeTombstonesOlder(Version limit) {
        return remove(limit, true);
    }

    @Override
    Entry<K> show(K key, byte[] value) {
        return new Entry<>(
                key,
                new Version(VersionedLayout.high(value), VersionedLayout.low(value)),
                VersionedLayout.isTombstone(value),
                VersionedLayout.payload(value));
    }

    private boolean put(K key, Version version, boolean tombstone, ByteString payload) {
        byte[] value = VersionedLayout.encode(tombstone, version.high(), version.low(), payload);
        return call(cache -> cache.invoke(key, new PutIfNewer<>(value)));
    }

    private int remove(Version limit, boolean tombstonesOnly) {
        int removed = 0;
        for (Entry<K> entry : entries()) {
            if (entry.version().compareTo(limit) < 0 && (entry.tombstone() || !tombstonesOnly)) {
                RemoveIfOlder<K> processor = new RemoveIfOlder<>(limit.high(), limit.low(), tombstonesOnly);
                removed += call(cache -> cache.invoke(entry.key(), processor)) ? 1 : 0;
            }
        }
        return removed;
    }

    private static byte[] encode(Entry<?> entry) {
        return VersionedLayout.encode(
                entry.tombstone(), entry.version().high(), entry.version().low(), entry.payload());
    }
}
