package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.ClassId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The public numbers of classes, split by owner where a class ends at the owner. Thread-safe. */
final class Numbering {
    private final AtomicLong last;
    private final Map<Key, ClassId> ids = new ConcurrentHashMap<>();
    private final Map<ClassId, Key> keys = new ConcurrentHashMap<>();

    /** @param owner 0 where the class does not end at the owner */
    record Key(int classNumber, long owner) {}

    Numbering() {
        this(new AtomicLong());
    }

    private Numbering(AtomicLong last) {
        this.last = last;
    }

    /** Empty; gives no number that this one gave. */
    Numbering successor() {
        return new Numbering(last);
    }

    ClassId idOf(Key key) {
        ClassId known = ids.get(key);
        if (known == null) {
            known = new ClassId(last.incrementAndGet());
            put(key, known);
        }
        return known;
    }

    @Nullable
    ClassId known(Key key) {
        return ids.get(key);
    }

    void put(Key key, ClassId id) {
        ids.put(key, id);
        keys.put(id, key);
    }

    @Nullable
    Key keyOf(ClassId id) {
        return keys.get(id);
    }

    int size() {
        return ids.size();
    }
}
