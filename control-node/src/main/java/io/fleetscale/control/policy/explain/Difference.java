package io.fleetscale.control.policy.explain;

import java.util.List;

/**
 * What another policy would change for the nodes that are there. Immutable.
 *
 * @param nodes in the tailnet
 * @param kinds of nodes that either policy tells apart
 * @param nodesTouched nodes that are at one end of a change
 * @param seenGained pairs of nodes that get into each other's map
 * @param seenLost pairs of nodes that go out of each other's map
 * @param changes those of most pairs first
 * @param omitted changes beyond {@link PolicyDiff#MAX_CHANGES}
 */
public record Difference(
        int nodes, int kinds, int nodesTouched, long seenGained, long seenLost, List<Change> changes, int omitted) {
    public Difference {
        changes = List.copyOf(changes);
    }

    public boolean isEmpty() {
        return changes.isEmpty() && seenGained == 0 && seenLost == 0;
    }

    /** What kind of access changes. */
    public enum Kind {
        /** Packets. */
        TRAFFIC,
        /** Capabilities that applications look at. */
        APPLICATION,
        SSH,
        /** Attributes of the node itself; there are no sources. */
        ATTRIBUTE
    }

    /**
     * Somebody gains or loses something.
     *
     * @param gained false: lost
     * @param ownOnly the sources are, for each destination, the nodes of the same user
     * @param outside ranges of sources that are no nodes
     * @param places what lies behind the destinations; empty: the destinations themselves
     * @param what such as {@code tcp:22}, or the name of an attribute
     * @param pairs of source and destination nodes; for an attribute the nodes
     */
    public record Change(
            Kind kind,
            boolean gained,
            Members sources,
            boolean ownOnly,
            List<String> outside,
            Members destinations,
            List<String> places,
            String what,
            long pairs) {
        public Change {
            outside = List.copyOf(outside);
            places = List.copyOf(places);
        }
    }

    /**
     * Some nodes.
     *
     * @param count how many
     * @param identities tags or logins, those of most nodes first, at most {@link Groups#MAX_IDENTITIES}
     * @param moreIdentities further ones
     * @param examples names of nodes, at most {@link Groups#MAX_EXAMPLES}
     */
    public record Members(int count, List<String> identities, int moreIdentities, List<String> examples) {
        public static final Members NOBODY = new Members(0, List.of(), 0, List.of());

        public Members {
            identities = List.copyOf(identities);
            examples = List.copyOf(examples);
        }
    }
}
