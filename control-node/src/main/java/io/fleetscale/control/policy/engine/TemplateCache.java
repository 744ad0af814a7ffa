package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.FilterTemplate;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The packet filters that somebody asked for, with what they were made of. Thread-safe. */
final class TemplateCache {
    private final Map<Numbering.Key, Entry> entries = new ConcurrentHashMap<>();

    /** Equal stamps of class, owner and merging mean an equal filter. */
    record Entry(long classStamp, long ownerStamp, long mergeStamp, FilterTemplate template) {}

    @Nullable
    Entry get(Numbering.Key key) {
        return entries.get(key);
    }

    void put(Numbering.Key key, Entry entry) {
        entries.merge(
                key,
                entry,
                (old, made) ->
                        old.classStamp() + old.ownerStamp() > made.classStamp() + made.ownerStamp() ? old : made);
    }

    Iterable<Map.Entry<Numbering.Key, Entry>> entries() {
        return entries.entrySet();
    }
}
