package io.fleetscale.control.policy.direct;

import java.util.List;
import java.util.SortedMap;

/**
 * An entry of {@code grants}, or a destination of an entry of {@code acls} in the same form.
 *
 * @param plainDestinations all but {@code autogroup:self}, in order
 * @param app capability to JSON text
 * @param via tags
 */
record Grant(
        List<Alias> sources,
        List<Alias> plainDestinations,
        boolean hasSelf,
        List<Ports> ports,
        SortedMap<String, String> app,
        List<String> via,
        Condition condition) {

    /** @param protocols one number, or none for the usual ones */
    record Ports(List<Integer> protocols, List<Range> ranges) {}

    record Range(int first, int last) {}
}
