package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** The sources of a rule: texts in byte order, each once, and the addresses that they denote. Source: policy 3.5. */
record SourceSet(List<String> texts, List<Span> spans) {
    static SourceSet of(Collection<String> texts) {
        List<String> sorted = List.copyOf(new TreeSet<>(texts));
        return new SourceSet(
                sorted,
                sorted.stream().flatMap(text -> Span.parse(text).stream()).toList());
    }

    static SourceSet ofAddresses(Collection<IpAddress> addresses) {
        return of(addresses.stream().map(IpAddress::toString).toList());
    }

    boolean isEmpty() {
        return texts.isEmpty();
    }

    boolean meets(Span other) {
        return spans.stream().anyMatch(other::overlaps);
    }

    /** Whether the node may speak for one of the sources. */
    boolean meets(Node node) {
        return Facts.ids(node).stream().anyMatch(this::meets);
    }
}
