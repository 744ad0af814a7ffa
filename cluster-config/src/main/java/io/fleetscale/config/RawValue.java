package io.fleetscale.config;

import java.util.List;
import java.util.Map;

/** A value as it was written, before anything is known about its type; scalars keep their text. */
sealed interface RawValue {
    /** The line in the file, from 1; 0 when the value does not come from a file. */
    int line();

    /** A text, number or truth value. */
    record Scalar(String text, int line) implements RawValue {}

    /** A list. */
    record Sequence(List<RawValue> items, int line) implements RawValue {
        public Sequence {
            items = List.copyOf(items);
        }
    }

    /** A map with keys in lower case, in the order of the file; keys without a value are left out. */
    record Mapping(Map<String, RawValue> entries, int line) implements RawValue {}
}
