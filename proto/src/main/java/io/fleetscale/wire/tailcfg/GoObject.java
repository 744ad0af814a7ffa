package io.fleetscale.wire.tailcfg;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object that are read into a {@code T}. As in Go an exact name is found first, then one that differs
 * in case only. Filled once, then immutable and thread-safe.
 */
final class GoObject<T> {
    record Field<T>(String name, BiConsumer<T, GoReader> read) {}

    private final String name;
    private final Map<String, Field<T>> exact = new HashMap<>();
    private final Map<String, Field<T>> folded = new HashMap<>();

    GoObject(String name) {
        this.name = name;
    }

    GoObject<T> with(String fieldName, BiConsumer<T, GoReader> read) {
        Field<T> field = new Field<>(fieldName, read);
        exact.put(fieldName, field);
        folded.put(fieldName.toLowerCase(Locale.ROOT), field);
        return this;
    }

    String name() {
        return name;
    }

    @Nullable
    Field<T> field(String fieldName) {
        Field<T> field = exact.get(fieldName);
        return field != null ? field : folded.get(fieldName.toLowerCase(Locale.ROOT));
    }
}
