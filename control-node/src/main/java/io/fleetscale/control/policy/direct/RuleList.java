package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.FilterRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** From the grants of a policy to the packet filter of one node. Source: policy 3. */
final class RuleList {
    /** Capabilities that the sources must know of too, and what those are told. Source: policy 3.8. */
    private static final Map<String, String> COMPANIONS = new LinkedHashMap<>();

    static {
        COMPANIONS.put("tailscale.com/cap/drive", "tailscale.com/cap/drive-sharer");
        COMPANIONS.put("tailscale.com/cap/relay", "tailscale.com/cap/relay-target");
    }

    private final List<Grant> grants;
    private final Aliases aliases;
    private final Facts facts;

    /** @param grants in the order of their rules */
    RuleList(List<Grant> grants, Aliases aliases, Facts facts) {
        this.grants = grants;
        this.aliases = aliases;
        this.facts = facts;
    }

    /** The filter that the node is sent. */
    List<FilterRule> forNode(Node node) {
        return Draft.merge(rules(node)).stream()
                .map(rule -> reduced(rule, node))
                .filter(rule -> !rule.isEmpty())
                .map(rule ->
                        new FilterRule(rule.sources().texts(), rule.destinations(), rule.protocols(), rule.grants()))
                .toList();
    }

    /** What concerns the node, before rules are joined: the same access as the filter gives. */
    List<Draft> accessTo(Node node) {
        return rules(node).stream()
                .map(rule -> reduced(rule, node))
                .filter(rule -> !rule.isEmpty())
                .toList();
    }

    /** Whether the node itself is among the sources of a rule that leads to the address. */
    boolean mayBeSent(Node from, IpAddress to) {
        return grants.stream()
                .filter(grant -> grant.via().isEmpty() && !grant.ports().isEmpty())
                .filter(grant -> !grant.sources().isEmpty())
                .filter(grant -> from.addresses().stream()
                        .anyMatch(address -> aliases.sources(grant).meets(Span.of(address))))
                .flatMap(grant -> grant.plainDestinations().stream())
                .flatMap(alias -> aliases.destinations(alias).stream())
                .anyMatch(text -> Reach.overlaps(text, IpPrefix.single(to)));
    }

    private List<Draft> rules(Node node) {
        List<Draft> rules = new ArrayList<>();
        for (Grant grant : grants) {
            if (!grant.via().isEmpty()) {
                rules.addAll(viaRules(grant, node));
            } else {
                rules.addAll(plainRules(grant, node));
                rules.addAll(selfRules(grant, node));
            }
        }
        return rules;
    }

    /** What the destinations other than {@code autogroup:self} give. */
    private List<Draft> plainRules(Grant grant, Node node) {
        if (grant.sources().isEmpty() || grant.plainDestinations().isEmpty()) {
            return List.of();
        }
        SourceSet sources = aliases.sources(grant);
        List<String> destinations = grant.plainDestinations().stream()
                .flatMap(alias -> aliases.destinationsAt(alias, node).stream())
                .toList();
        List<Draft> rules = packets(grant, sources, destinations);
        if (!grant.app().isEmpty()) {
            List<FilterRule.CapGrant> given = grant.plainDestinations().stream()
                    .map(alias -> new FilterRule.CapGrant(Aliases.placesAt(alias, node), grant.app()))
                    .toList();
            rules.add(Draft.capabilities(sources, given));
            rules.addAll(companions(grant, aliases.asSources(grant.plainDestinations()), sources, node));
        }
        return rules;
    }

    /** What {@code autogroup:self} among the destinations gives a node of a user. Source: policy 3.10. */
    private List<Draft> selfRules(Grant grant, Node node) {
        User owner = facts.owner(node);
        if (!grant.hasSelf() || owner == null) {
            return List.of();
        }
        List<Node> own = facts.nodes().stream()
                .filter(other -> facts.sameOwner(node, other))
                .toList();
        List<Node> sourceNodes = own.stream()
                .filter(other -> Aliases.isSource(grant.sources(), grant.condition(), other))
                .toList();
        if (sourceNodes.isEmpty()) {
            return List.of();
        }
        SourceSet sources = SourceSet.ofAddresses(Facts.addresses(sourceNodes));
        List<Draft> rules = packets(
                grant,
                sources,
                node.addresses().stream().map(IpAddress::toString).toList());
        if (!grant.app().isEmpty()) {
            rules.add(Draft.capabilities(
                    sources,
                    List.of(new FilterRule.CapGrant(
                            node.addresses().stream().map(IpPrefix::single).toList(), grant.app()))));
            rules.addAll(companions(grant, SourceSet.ofAddresses(Facts.addresses(own)), sources, node));
        }
        return rules;
    }

    /** Only routers with a tag of {@code via} get a rule, for what they route. Source: policy 3.9. */
    private List<Draft> viaRules(Grant grant, Node node) {
        if (grant.sources().isEmpty() || node.tags().stream().noneMatch(grant.via()::contains)) {
            return List.of();
        }
        List<String> destinations = grant.plainDestinations().stream()
                .flatMap(alias -> Aliases.routedBy(alias, node).stream())
                .toList();
        return packets(grant, aliases.sources(grant), destinations);
    }

    private static List<Draft> packets(Grant grant, SourceSet sources, List<String> destinations) {
        List<Draft> rules = new ArrayList<>();
        if (sources.isEmpty()) {
            return rules;
        }
        for (Grant.Ports ports : grant.ports()) {
            List<FilterRule.Destination> targets = new ArrayList<>();
            for (String destination : destinations) {
                ports.ranges()
                        .forEach(range ->
                                targets.add(new FilterRule.Destination(destination, range.first(), range.last())));
            }
            rules.add(Draft.packets(sources, ports.protocols(), targets));
        }
        return rules;
    }

    /** Rules the other way round: the sources are told who grants. */
    private static List<Draft> companions(Grant grant, SourceSet reversed, SourceSet sources, Node node) {
        List<IpPrefix> places = node.addresses().stream()
                .filter(address -> sources.meets(Span.of(address)))
                .map(IpPrefix::single)
                .toList();
        List<Draft> rules = new ArrayList<>();
        COMPANIONS.forEach((capability, companion) -> {
            if (grant.app().containsKey(capability)) {
                rules.add(Draft.capabilities(
                        reversed, List.of(new FilterRule.CapGrant(places, new TreeMap<>(Map.of(companion, "null"))))));
            }
        });
        return rules;
    }

    /** Source: policy 3.7. */
    private static Draft reduced(Draft rule, Node node) {
        return new Draft(
                rule.sources(),
                rule.protocols(),
                rule.destinations().stream()
                        .filter(destination -> Reach.concerns(destination.address(), node))
                        .toList(),
                rule.grants().stream()
                        .filter(grant -> !grant.destinations().isEmpty())
                        .toList());
    }
}
