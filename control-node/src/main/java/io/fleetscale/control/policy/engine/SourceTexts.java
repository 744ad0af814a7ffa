package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a source expression prints beside the addresses of nodes. Source: policy 3.5, 9.1. */
final class SourceTexts {
    private static final List<Span> TAILNET = List.of(Span.parse("100.64.0.0/10"), Span.parse("fd7a:115c:a1e0::/48"));

    private SourceTexts() {}

    /** @param routes all approved subnet routes of the tailnet */
    static Set<String> of(Program program, SourceExpr expr, Collection<IpPrefix> routes) {
        TreeSet<String> texts = new TreeSet<>();
        if (expr.danger()) {
            texts.add("*");
            return texts;
        }
        if (expr.any()) {
            if (!expr.isConditional()) {
                texts.addAll(Program.TAILNET_RANGES);
            }
            routes.forEach(route -> texts.add(route.toString()));
        }
        for (int token : expr.tokens()) {
            if (Tokens.isAtom(token)) {
                Atom atom = program.atom(token);
                if (expr.isConditional() && TAILNET.stream().anyMatch(atom.span()::overlaps)) {
                    // Nodes of the tailnet are listed one by one if they fulfil the condition.
                    outside(atom.span()).forEach(span -> texts.add(text(span)));
                } else {
                    texts.add(atom.text());
                }
            }
        }
        return texts;
    }

    private static List<Span> outside(Span span) {
        List<Span> rest = List.of(span);
        for (Span range : TAILNET) {
            List<Span> next = new ArrayList<>();
            for (Span part : rest) {
                if (!part.overlaps(range)) {
                    next.add(part);
                    continue;
                }
                if (part.first().compareTo(range.first()) < 0) {
                    next.add(new Span(part.first(), range.first().previous()));
                }
                if (range.last().compareTo(part.last()) < 0) {
                    next.add(new Span(range.last().next(), part.last()));
                }
            }
            rest = next;
        }
        return rest;
    }

    private static String text(Span span) {
        if (span.first().equals(span.last())) {
            return span.first().toString();
        }
        for (int bits = 0; bits < span.first().bitLength(); bits++) {
            IpPrefix prefix = new IpPrefix(span.first(), bits);
            if (prefix.masked().address().equals(span.first()) && prefix.last().equals(span.last())) {
                return prefix.toString();
            }
        }
        return span.first() + "-" + span.last();
    }
}
