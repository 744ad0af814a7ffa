package io.fleetscale.control.policy;

import java.util.List;

/**
 * The sources of filter rules as they are printed. One object is shared by all rules and nodes that have the same sources; it
 * is printed when somebody asks. Thread-safe.
 */
public interface FilterSources {
    /** Sorted by bytes, unique. */
    List<String> list();

    /** The same as elements of a JSON array. */
    SharedJson json();

    /** Of the list, without printing it. */
    Fingerprint fingerprint();
}
