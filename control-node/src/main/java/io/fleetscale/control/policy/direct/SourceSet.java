package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * The sources of a rule. Source: policy 3.5, 9.1.
 *
 * @param texts in byte order, each once
 * @param spans the addresses that the texts denote
 * @param exempt literals as written where a condition keeps nodes out of them: what lies behind a router needs no posture
 */
record SourceSet(List<String> texts, List<Span> spans, List<Span> exempt) {
    static SourceSet of(Collection<String> texts) {
        return of(texts, List.of());
    }

    static SourceSet of(Collection<String> texts, List<Span> exempt) {
        List<String> sorted = List.copyOf(new TreeSet<>(texts));
        return new SourceSet(
                sorted,
                sorted.stream().flatMap(text -> Span.parse(text).stream()).toList(),
                exempt);
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

    boolean meetsRoute(IpPrefix route) {
        Span span = Span.of(route);
        return meets(span) || exempt.stream().anyMatch(span::overlaps);
    }

    /** Whether the node may speak for one of the sources: with its own addresses or for its subnet routes. */
    boolean meets(Node node) {
        return node.addresses().stream().map(Span::of).anyMatch(this::meets)
                || Facts.subnetRoutes(node).stream().anyMatch(this::meetsRoute);
    }
}
