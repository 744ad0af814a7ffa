package io.fleetscale.control.policy.test;

import io.fleetscale.control.policy.language.AddressRange;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PortRange;
import io.fleetscale.control.policy.language.Posture;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses may reach which, by the rules of the whole tailnet: grants and acls without what is particular to a node
 * ({@code autogroup:self}, {@code via}). Works on sets of addresses; not thread-safe. Source: policy 8.3.
 */
final class Reach {
    private static final List<Integer> UNNAMED = List.of(6, 17, 1, 58);
    private static final Set<Integer> ICMP = Set.of(1, 58);

    private final PolicyDocument document;
    private final Population population;
    private final Map<String, AddressSet> addresses = new HashMap<>();
    private @Nullable AddressSet routes = null;

    Reach(PolicyDocument document, Population population) {
        this.document = document;
        this.population = population;
    }

    /** The addresses that an alias denotes as the source or destination of a test. */
    AddressSet addressesOf(Alias alias) {
        return addresses.computeIfAbsent(alias.text(), absent -> switch (alias) {
            case Alias.Literal literal -> of(literal);
            case Alias.Service service -> population.addressesOf(service);
            default -> of(population.nodes(alias));
        });
    }

    private static AddressSet of(Alias.Literal literal) {
        return AddressSet.of(literal.printed().stream().map(AddressRange::parse).toList());
    }

    private static AddressSet of(List<Node> nodes) {
        List<IpAddress> all = new ArrayList<>(nodes.size() * 2);
        nodes.forEach(node -> all.addAll(node.addresses()));
        return AddressSet.ofAddresses(all);
    }

    /**
     * All addresses that may send to one of {@code destination} on the port.
     *
     * @param protocols empty: what no protocol named means
     * @param attributes taken for those of the sources; null: each node has its own
     */
    AddressSet allowed(
            AddressSet destination, int port, List<Integer> protocols, @Nullable Map<String, Object> attributes) {
        if (document.allowAll()) {
            return AddressSet.TAILNET.plus(routes());
        }
        List<Integer> tested = protocols.isEmpty() ? UNNAMED : protocols;
        AddressSet allowed = AddressSet.EMPTY;
        for (PolicyDocument.Grant grant : document.grants()) {
            boolean matches = grant.via().isEmpty()
                    && grant.ip().stream()
                            .anyMatch(ip -> isTested(ip.protocol(), tested) && has(ip.ports(), port, tested))
                    && grant.destinations().stream().anyMatch(alias -> concerns(alias, destination));
            if (matches) {
                allowed = allowed.plus(sources(grant.sources(), grant.postures(), attributes));
            }
        }
        for (PolicyDocument.Acl acl : document.acls()) {
            boolean matches =
                    (acl.protocols().isEmpty() || acl.protocols().stream().anyMatch(tested::contains))
                            && acl.destinations().stream()
                                    .anyMatch(to -> to.ports().stream().anyMatch(range -> has(range, port, tested))
                                            && concerns(to.alias(), destination));
            if (matches) {
                allowed = allowed.plus(sources(acl.sources(), acl.postures(), attributes));
            }
        }
        return allowed;
    }

    private static boolean isTested(@Nullable Integer protocol, List<Integer> tested) {
        return protocol == null || tested.contains(protocol);
    }

    /** Clients let ICMP through wherever a rule lets anything of no other protocol through. Source: policy 3.11. */
    private static boolean has(PortRange range, int port, List<Integer> tested) {
        return range.first() <= port && port <= range.last() || port == 0 && ICMP.containsAll(tested);
    }

    private boolean concerns(Alias alias, AddressSet destination) {
        return switch (alias) {
            case Alias.Any ignored -> true;
            case Alias.Self ignored -> false;
            case Alias.Internet ignored -> AddressSet.INTERNET.overlaps(destination);
            default -> addressesOf(alias).overlaps(destination);
        };
    }

    private AddressSet sources(List<Alias> aliases, List<Posture> postures, @Nullable Map<String, Object> attributes) {
        if (!postures.isEmpty() && attributes != null) {
            boolean holds = postures.stream().anyMatch(posture -> posture.holds(attributes));
            return holds ? sources(aliases, List.of(), null) : AddressSet.EMPTY;
        }
        AddressSet sources = AddressSet.EMPTY;
        for (Alias alias : aliases) {
            sources = sources.plus(source(alias, postures));
        }
        return sources;
    }

    /** What no node of the tailnet has is exempt from postures. Source: policy 9.1. */
    private AddressSet source(Alias alias, List<Posture> postures) {
        AddressSet all = switch (alias) {
            case Alias.Any ignored -> AddressSet.TAILNET.plus(routes());
            case Alias.DangerAll ignored -> AddressSet.ALL;
            default -> addressesOf(alias);
        };
        if (postures.isEmpty()) {
            return all;
        }
        AddressSet fit = of(where(node -> population.fulfils(node, postures)));
        return all.minus(AddressSet.TAILNET).plus(all.intersect(fit));
    }

    private List<Node> where(Predicate<Node> wanted) {
        return population.image().nodes().values().stream().filter(wanted).toList();
    }

    /** The approved subnet routes of all nodes. */
    private AddressSet routes() {
        AddressSet known = routes;
        if (known == null) {
            List<AddressRange> ranges = new ArrayList<>();
            for (Node node : population.image().nodes().values()) {
                for (IpPrefix route : node.approvedRoutes()) {
                    if (!route.isAll() && node.advertisedRoutes().contains(route)) {
                        ranges.add(AddressRange.of(route));
                    }
                }
            }
            known = AddressSet.of(ranges);
            routes = known;
        }
        return known;
    }
}
