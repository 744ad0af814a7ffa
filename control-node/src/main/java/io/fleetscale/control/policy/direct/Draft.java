package io.fleetscale.control.policy.direct;

import io.fleetscale.wire.tailcfg.FilterRule;
import java.util.ArrayList;
import java.util.List;

/** A rule as it is before it is cut down to what concerns one node: either destinations or capability grants. */
record Draft(
        SourceSet sources,
        List<Integer> protocols,
        List<FilterRule.Destination> destinations,
        List<FilterRule.CapGrant> grants) {
    static Draft packets(SourceSet sources, List<Integer> protocols, List<FilterRule.Destination> destinations) {
        return new Draft(sources, protocols, destinations, List.of());
    }

    static Draft capabilities(SourceSet sources, List<FilterRule.CapGrant> grants) {
        return new Draft(sources, List.of(), List.of(), grants);
    }

    boolean isEmpty() {
        return destinations.isEmpty() && grants.isEmpty();
    }

    boolean joins(Draft earlier) {
        return grants.isEmpty()
                && earlier.grants.isEmpty()
                && sources.texts().equals(earlier.sources.texts())
                && protocols.equals(earlier.protocols);
    }

    Draft joinedWith(Draft later) {
        List<FilterRule.Destination> all = new ArrayList<>(destinations);
        all.addAll(later.destinations);
        return packets(sources, protocols, all);
    }

    /** Rules with destinations that have the same sources and protocols become one, at the place of the first. Source: policy 3.6. */
    static List<Draft> merge(List<Draft> rules) {
        List<Draft> merged = new ArrayList<>();
        for (Draft rule : rules) {
            int place = 0;
            while (place < merged.size() && !rule.joins(merged.get(place))) {
                place++;
            }
            if (place == merged.size()) {
                merged.add(rule);
            } else {
                merged.set(place, merged.get(place).joinedWith(rule));
            }
        }
        return merged;
    }
}
