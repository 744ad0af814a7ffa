package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What aliases denote in one tailnet. Confined to one thread. Source: policy 2, 3.5, 9.1. */
final class Aliases {
    /** {@code *} as a source, without the subnet routes. */
    private static final List<String> TAILNET =
            List.of("100.115.94.0-100.127.255.255", "100.64.0.0-100.115.91.255", "fd7a:115c:a1e0::/48");

    private static final List<Span> RESERVED = Stream.of("100.64.0.0/10", "fd7a:115c:a1e0::/48")
            .map(text -> Span.of(IpPrefix.parse(text)))
            .toList();

    private final Facts facts;
    private final IdentityHashMap<Grant, SourceSet> sources = new IdentityHashMap<>();

    Aliases(Facts facts) {
        this.facts = facts;
    }

    /** Whether one of the aliases, which may be an address of it, means the node. */
    static boolean denotes(Alias alias, Node node) {
        return switch (alias) {
            case Alias.Everything(), Alias.DangerAll() -> true;
            case Alias.Internet() -> false;
            case Alias.Identity(var nodes) -> nodes.test(node);
            case Alias.Literal literal -> node.addresses().stream().anyMatch(address -> holds(literal, address));
        };
    }

    private static boolean holds(Alias.Literal literal, IpAddress address) {
        return literal.texts().stream()
                .flatMap(text -> Span.parse(text).stream())
                .anyMatch(span -> span.contains(Span.of(address)));
    }

    SourceSet sources(Grant grant) {
        return sources.computeIfAbsent(grant, absent -> sources(grant.sources(), grant.condition()));
    }

    /** Aliases printed as sources though no rule of the policy has them there. */
    SourceSet asSources(List<Alias> aliases) {
        return sources(aliases, Condition.NONE);
    }

    private SourceSet sources(List<Alias> aliases, Condition condition) {
        if (!condition.isNeeded() && aliases.stream().anyMatch(Alias.DangerAll.class::isInstance)) {
            return SourceSet.of(Set.of("*"));
        }
        Set<String> texts = new TreeSet<>();
        List<Span> exempt = new ArrayList<>();
        for (Alias alias : aliases) {
            texts.addAll(condition.isNeeded() ? conditionalTexts(alias, condition) : sourceTexts(alias));
            if (condition.isNeeded() && alias instanceof Alias.Literal(var written)) {
                written.forEach(text -> exempt.addAll(Span.parse(text)));
            } else if (condition.isNeeded() && alias instanceof Alias.DangerAll) {
                exempt.addAll(Span.parse("*"));
            }
        }
        return SourceSet.of(texts, exempt);
    }

    private Collection<String> sourceTexts(Alias alias) {
        return switch (alias) {
            case Alias.Everything() -> {
                List<String> texts = new ArrayList<>(TAILNET);
                texts.addAll(allSubnetRoutes());
                yield texts;
            }
            case Alias.DangerAll() -> List.of("*");
            case Alias.Internet() -> Reach.INTERNET;
            case Alias.Identity(var nodes) -> addressesOf(nodes);
            case Alias.Literal(var texts) -> texts;
        };
    }

    /** Nodes must fulfil the condition; what lies outside the tailnet is exempt. Source: policy 9.1. */
    private Collection<String> conditionalTexts(Alias alias, Condition condition) {
        return switch (alias) {
            case Alias.Everything() -> {
                List<String> texts = new ArrayList<>(addressesOf(condition::holds));
                texts.addAll(allSubnetRoutes());
                yield texts;
            }
            case Alias.DangerAll() -> conditionalLiteral(List.of("0.0.0.0/0", "::/0"), condition);
            case Alias.Internet() -> Reach.INTERNET;
            case Alias.Identity(var nodes) -> addressesOf(node -> nodes.test(node) && condition.holds(node));
            case Alias.Literal(var texts) -> conditionalLiteral(texts, condition);
        };
    }

    private List<String> conditionalLiteral(List<String> texts, Condition condition) {
        List<String> remaining = new ArrayList<>();
        for (String text : texts) {
            for (Span span : Span.parse(text)) {
                if (RESERVED.stream().noneMatch(span::overlaps)) {
                    remaining.add(text);
                    continue;
                }
                facts.nodes().stream()
                        .filter(condition::holds)
                        .flatMap(node -> node.addresses().stream())
                        .filter(address -> span.contains(Span.of(address)))
                        .forEach(address -> remaining.add(address.toString()));
                List<Span> outside = List.of(span);
                for (Span reserved : RESERVED) {
                    outside = outside.stream()
                            .flatMap(part -> part.minus(reserved).stream())
                            .toList();
                }
                outside.forEach(part -> remaining.add(part.toString()));
            }
        }
        return remaining;
    }

    private List<String> addressesOf(Predicate<Node> nodes) {
        return Facts.addresses(facts.nodes().stream().filter(nodes).toList()).stream()
                .map(IpAddress::toString)
                .toList();
    }

    private List<String> allSubnetRoutes() {
        return facts.nodes().stream()
                .flatMap(node -> Facts.subnetRoutes(node).stream())
                .map(IpPrefix::toString)
                .toList();
    }

    /** The texts of a destination as far as they may concern the node: the internet is for exit nodes. */
    List<String> destinationsAt(Alias alias, Node node) {
        return alias instanceof Alias.Internet && !Facts.isExitNode(node) ? List.of() : destinations(alias);
    }

    /** The texts of a destination, in order. */
    List<String> destinations(Alias alias) {
        return switch (alias) {
            case Alias.Everything(), Alias.DangerAll() -> List.of("*");
            case Alias.Internet() -> Reach.INTERNET;
            case Alias.Identity(var nodes) -> addressesOf(nodes);
            case Alias.Literal(var texts) -> texts;
        };
    }

    /** The destinations of a via grant that the node routes: literals on its subnet routes, the internet on its exit routes. */
    static List<String> routedBy(Alias alias, Node node) {
        return switch (alias) {
            case Alias.Everything(), Alias.DangerAll() -> List.of();
            case Alias.Identity identity -> List.of();
            case Alias.Internet() -> Facts.isExitNode(node) ? Reach.INTERNET : List.of();
            case Alias.Literal(var texts) ->
                texts.stream()
                        .filter(text -> Span.parse(text).stream().anyMatch(span -> Reach.meetsRoute(span, node)))
                        .toList();
        };
    }

    /** The places at the node where a destination of an app grant lies: its own addresses and what it routes. Source: policy 3.8. */
    static List<IpPrefix> placesAt(Alias alias, Node node) {
        return switch (alias) {
            case Alias.Everything(), Alias.DangerAll() -> prefixes(node.addresses());
            case Alias.Internet() -> List.of();
            case Alias.Identity(var nodes) -> nodes.test(node) ? prefixes(node.addresses()) : List.of();
            case Alias.Literal literal -> {
                List<IpPrefix> places = new ArrayList<>(prefixes(node.addresses().stream()
                        .filter(address -> holds(literal, address))
                        .toList()));
                literal.texts().stream()
                        .flatMap(text -> Span.parse(text).stream())
                        .filter(span -> Reach.meetsRoute(span, node) || Reach.meetsService(span, node))
                        .flatMap(span -> span.prefixes().stream())
                        .filter(prefix -> Stream.concat(
                                        Facts.subnetRoutes(node).stream(), Facts.services(node).stream())
                                .anyMatch(prefix::overlaps))
                        .filter(prefix -> !places.contains(prefix))
                        .forEach(places::add);
                yield places;
            }
        };
    }

    private static List<IpPrefix> prefixes(List<IpAddress> addresses) {
        return addresses.stream().map(IpPrefix::single).toList();
    }

    /** Whether the node itself is among the sources. */
    static boolean isSource(List<Alias> sources, Condition condition, Node node) {
        return condition.holds(node) && sources.stream().anyMatch(alias -> denotes(alias, node));
    }
}
