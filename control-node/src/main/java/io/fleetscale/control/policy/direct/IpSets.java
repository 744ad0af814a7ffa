package io.fleetscale.control.policy.direct;

import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The values of {@code ipsets}. Source: policy 9.2. */
final class IpSets {
    private static final List<Span> INTERNET =
            Reach.INTERNET.stream().flatMap(text -> Span.parse(text).stream()).toList();

    private final JsonNode policy;

    IpSets(JsonNode policy) {
        this.policy = policy;
    }

    List<String> texts(String name) {
        List<Span> spans = spans(name);
        return spans.equals(INTERNET)
                ? Reach.INTERNET
                : spans.stream().map(Span::toString).toList();
    }

    /** Disjoint, not adjacent, ascending. */
    private List<Span> spans(String name) {
        List<Span> spans = List.of();
        for (String operation : Words.texts(policy.path("ipsets").path(name))) {
            int space = operation.indexOf(' ');
            List<Span> target = target(operation.substring(space + 1).strip());
            spans = operation.startsWith("remove ") ? minus(spans, target) : union(spans, target);
        }
        return spans;
    }

    private List<Span> target(String word) {
        if (word.startsWith("ipset:")) {
            return spans(word);
        }
        if (word.equals("autogroup:internet")) {
            return INTERNET;
        }
        return Span.parse(
                word.startsWith("host:")
                        ? policy.path("hosts")
                                .path(word.substring("host:".length()))
                                .asString()
                        : word);
    }

    private static List<Span> minus(List<Span> spans, List<Span> others) {
        List<Span> rest = spans;
        for (Span other : others) {
            rest = rest.stream().flatMap(span -> span.minus(other).stream()).toList();
        }
        return rest;
    }

    private static List<Span> union(List<Span> spans, List<Span> others) {
        List<Span> sorted = new ArrayList<>(spans);
        sorted.addAll(others);
        sorted.sort(Comparator.comparing(Span::first));
        List<Span> joined = new ArrayList<>();
        for (Span span : sorted) {
            Span before = joined.isEmpty() ? null : joined.getLast();
            if (before != null && (before.overlaps(span) || follows(before, span))) {
                IpAddress last = before.last().compareTo(span.last()) > 0 ? before.last() : span.last();
                joined.set(joined.size() - 1, new Span(before.first(), last));
            } else {
                joined.add(span);
            }
        }
        return joined;
    }

    private static boolean follows(Span before, Span after) {
        IpAddress next = before.last().next();
        return next.equals(after.first()) && next.compareTo(before.last()) > 0;
    }
}
