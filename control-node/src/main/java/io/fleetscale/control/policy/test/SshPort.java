package io.fleetscale.control.policy.test;

import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PortRange;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether packet rules open the port that SSH rules need: the two are independent. Not thread-safe. Source: policy 5.2. */
final class SshPort {
    private static final int PORT = 22;
    private static final int TCP = 6;

    private final PolicyDocument document;
    private final Population population;
    private final Reach reach;

    SshPort(PolicyDocument document, Population population, Reach reach) {
        this.document = document;
        this.population = population;
        this.reach = reach;
    }

    /** A warning for each destination of an SSH rule that none of its sources can reach. */
    List<String> closed(PolicyDocument.SshRule rule) {
        Set<Node> sources = new HashSet<>();
        rule.sources().forEach(source -> sources.addAll(population.nodes(source)));
        List<String> warnings = new ArrayList<>();
        for (Alias destination : rule.destinations()) {
            boolean self = destination instanceof Alias.Self;
            Collection<Node> to =
                    self ? sources.stream().filter(node -> !node.isTagged()).toList() : population.nodes(destination);
            if (!sources.isEmpty() && !to.isEmpty() && !isOpen(sources, to)) {
                warnings.add("line " + rule.line() + ": an ssh rule lets "
                        + String.join(
                                ", ", rule.sources().stream().map(Alias::text).toList())
                        + " log in at " + destination.text()
                        + ", but no rule of acls or grants lets them through to TCP port " + PORT + " there");
            }
        }
        return warnings;
    }

    private boolean isOpen(Collection<Node> sources, Collection<Node> destinations) {
        AddressSet from = addresses(sources);
        AddressSet allowed = reach.allowed(addresses(destinations), PORT, List.of(TCP), null);
        return !allowed.intersect(from).isEmpty()
                || destinations.stream().anyMatch(sources::contains) && isOpenToSelf(sources);
    }

    private boolean isOpenToSelf(Collection<Node> sources) {
        return document.grants().stream()
                        .anyMatch(grant -> grant.destinations().stream().anyMatch(Alias.Self.class::isInstance)
                                && grant.ip().stream()
                                        .anyMatch(ip -> (ip.protocol() == null || ip.protocol() == TCP)
                                                && ip.ports().contains(PORT))
                                && namesOne(grant.sources(), sources))
                || document.acls().stream()
                        .anyMatch(acl ->
                                (acl.protocols().isEmpty() || acl.protocols().contains(TCP))
                                        && acl.destinations().stream()
                                                .anyMatch(to -> to.alias() instanceof Alias.Self && has(to.ports()))
                                        && namesOne(acl.sources(), sources));
    }

    private static boolean has(List<PortRange> ports) {
        return ports.stream().anyMatch(range -> range.contains(PORT));
    }

    private boolean namesOne(List<Alias> aliases, Collection<Node> nodes) {
        return aliases.stream()
                .anyMatch(alias -> alias instanceof Alias.Any
                        || population.nodes(alias).stream().anyMatch(nodes::contains));
    }

    private static AddressSet addresses(Collection<Node> nodes) {
        List<IpAddress> all = new ArrayList<>();
        nodes.forEach(node -> all.addAll(node.addresses()));
        return AddressSet.ofAddresses(all);
    }
}
