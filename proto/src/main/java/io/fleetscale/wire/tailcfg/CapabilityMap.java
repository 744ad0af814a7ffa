package io.fleetscale.wire.tailcfg;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Capabilities and their arguments; that a name is there is what counts. Source: control-protocol 6.2.
 *
 * @param entries arguments are JSON texts, embedded as they are
 */
public record CapabilityMap(SortedMap<String, List<String>> entries) {
    public static final CapabilityMap EMPTY = new CapabilityMap(new TreeMap<>());

    public CapabilityMap {
        TreeMap<String, List<String>> copy = new TreeMap<>();
        entries.forEach((name, arguments) -> copy.put(name, List.copyOf(arguments)));
        entries = Collections.unmodifiableSortedMap(copy);
    }

    public static CapabilityMap of(Map<String, List<String>> entries) {
        return new CapabilityMap(new TreeMap<>(entries));
    }

    public boolean isEmpty() {
        return entries.isEmpty();
    }

    public boolean has(String name) {
        return entries.containsKey(name);
    }

    /** This and the other's entries; the other's win. */
    public CapabilityMap plus(CapabilityMap other) {
        TreeMap<String, List<String>> joined = new TreeMap<>(entries);
        joined.putAll(other.entries);
        return new CapabilityMap(joined);
    }

    void write(JsonWriter json) {
        json.beginObject();
        entries.forEach((name, arguments) -> {
            json.escapedName(name);
            if (arguments.isEmpty()) {
                json.nullValue();
            } else {
                json.beginArray();
                arguments.forEach(argument -> json.raw(argument.getBytes(StandardCharsets.UTF_8)));
                json.endArray();
            }
        });
        json.endObject();
    }
}
