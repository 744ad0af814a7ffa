package io.fleetscale.control.policy.engine;

import java.util.List;
import java.util.SortedMap;

/** A rule as the policy implies it, independent of nodes. Its position is its place in the order of policy 3.2. */
sealed interface Rule {
    int position();

    /** Printed as the sources, except for the rules about a user's own nodes. */
    SourceExpr source();

    record Ports(int first, int last) {}

    /** Ports of a destination. */
    record Part(Selector destination, List<Ports> ports) {
        public Part {
            ports = List.copyOf(ports);
        }
    }

    /** @param protocols empty: all that need none named */
    record Packets(int position, SourceExpr source, List<Integer> protocols, List<Part> parts) implements Rule {
        public Packets {
            protocols = List.copyOf(protocols);
            parts = List.copyOf(parts);
        }
    }

    /** Only for nodes with one of the tags, for what they route. Source: policy 3.9. */
    record Via(int position, SourceExpr source, List<Integer> protocols, List<Part> parts, List<Integer> tags)
            implements Rule {
        public Via {
            protocols = List.copyOf(protocols);
            parts = List.copyOf(parts);
            tags = List.copyOf(tags);
        }
    }

    /** @param capabilities name to JSON text */
    record App(int position, SourceExpr source, List<Selector> destinations, SortedMap<String, String> capabilities)
            implements Rule {
        public App {
            destinations = List.copyOf(destinations);
        }
    }

    /**
     * Tells the sources of an app rule who grants.
     *
     * @param source the destinations of the app rule
     * @param places the sources of the app rule
     */
    record Companion(int position, SourceExpr source, SourceExpr places, SortedMap<String, String> capabilities)
            implements Rule {}

    /** From the own nodes of the node's user. Source: policy 3.10. */
    record SelfPackets(int position, SourceExpr source, List<Integer> protocols, List<Ports> ports) implements Rule {
        public SelfPackets {
            protocols = List.copyOf(protocols);
            ports = List.copyOf(ports);
        }
    }

    record SelfApp(int position, SourceExpr source, SortedMap<String, String> capabilities) implements Rule {}

    /** Printed with all nodes of the user as sources, for those that are sources of the app rule. */
    record SelfCompanion(int position, SourceExpr source, SortedMap<String, String> capabilities) implements Rule {}
}
