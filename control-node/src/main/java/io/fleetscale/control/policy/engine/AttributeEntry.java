package io.fleetscale.control.policy.engine;

import java.util.List;
import java.util.SortedMap;

/**
 * An entry of {@code nodeAttrs}. Source: policy 6.1, 9.5.
 *
 * @param app capability to JSON texts
 */
record AttributeEntry(List<Selector> targets, List<String> attributes, SortedMap<String, List<String>> app) {
    AttributeEntry {
        targets = List.copyOf(targets);
        attributes = List.copyOf(attributes);
    }
}
