package io.fleetscale.control.tailnet;

import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.TreePMap;

/**
 * Secrets that are found by the prefix of their text, such as API keys. Immutable and thread-safe.
 *
 * @param <I> number of a key
 * @param <K> key
 */
record KeyTable<I extends Comparable<? super I>, K>(TreePMap<I, K> byId, HashPMap<String, I> byPrefix) {
    static <I extends Comparable<? super I>, K> KeyTable<I, K> empty() {
        return new KeyTable<>(TreePMap.<I, K>empty(), HashTreePMap.empty());
    }

    KeyTable<I, K> plus(I id, String prefix, K key) {
        return new KeyTable<>(byId.plus(id, key), byPrefix.plus(prefix, id));
    }

    /** @param prefix of the key with that number */
    KeyTable<I, K> minus(I id, String prefix) {
        return new KeyTable<>(byId.minus(id), byPrefix.minus(prefix));
    }

    @Nullable
    K find(String prefix) {
        I id = byPrefix.get(prefix);
        return id == null ? null : byId.get(id);
    }
}
