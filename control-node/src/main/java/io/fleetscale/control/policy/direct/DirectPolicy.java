package io.fleetscale.control.policy.direct;

import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * What a policy says on one image, worked out node by node and pair by pair. Slow: the cost of a filter grows with the tailnet,
 * that of all peers with its square. For tests and {@code loadtest}; the server never uses it. Confined to one thread.
 */
public final class DirectPolicy {
    private static final CapabilityMap EXIT_NODE = CapabilityMap.of(Map.of("suggest-exit-node", List.of()));

    private final Facts facts;
    private final Map<NodeId, List<FilterRule>> filters = new HashMap<>();
    private final Sight sight;
    private final SshRules ssh;
    private final NodeAttributes attributes;

    private DirectPolicy(Reading reading, Facts facts, PolicyEnvironment environment) {
        this.facts = facts;
        Aliases aliases = new Aliases(facts);
        List<Grant> grants = reading.grants();
        RuleList rules = new RuleList(grants, aliases, facts);
        facts.nodes().forEach(node -> filters.put(node.id(), rules.forNode(node)));
        this.sight = new Sight(grants, aliases, rules, facts, environment);
        this.ssh = new SshRules(reading.sshEntries(), facts, environment);
        this.attributes = new NodeAttributes(reading.attributes(), rules::mayBeSent, facts, environment);
    }

    /** The policy of the image; everything is allowed if it has none. */
    public static DirectPolicy of(TailnetImage image, PolicyEnvironment environment) {
        Facts facts = new Facts(image);
        return new DirectPolicy(
                reading(image, facts, environment.domains(image), environment.services(image)), facts, environment);
    }

    static Reading reading(
            TailnetImage image, Facts facts, Set<String> domains, SortedMap<String, VipService> services) {
        return new Reading(image.policy().map(Policy::text).orElse(""), facts, domains, services);
    }

    /** The rules that the node is sent, in order. Source: policy 3. */
    public List<FilterRule> filterOf(Node node) {
        return filters.getOrDefault(node.id(), List.of());
    }

    public SshPolicy sshOf(Node node) {
        return ssh.forNode(node);
    }

    public CapabilityMap ownCapabilities(Node node) {
        return attributes.forNode(node);
    }

    /** IPv4 first; a node whose IPv4 is disabled has none. Source: policy 6.4. */
    public List<IpAddress> ownAddresses(Node node) {
        return attributes.hasIpv4Disabled(node) ? onlyIpv6(node) : node.addresses();
    }

    /** All approved routes and services, and those subnet routes for which the node is elected. Source: policy 4.4. */
    public PeerRoutes ownRoutes(Node node) {
        List<IpPrefix> primary = Facts.subnetRoutes(node).stream()
                .filter(route -> node.id().equals(facts.image().primaries().get(route)))
                .toList();
        TreeSet<IpPrefix> allowed = new TreeSet<>(Facts.approvedRoutes(node));
        allowed.addAll(Facts.services(node));
        return PeerRoutes.of(primary, List.copyOf(allowed));
    }

    /** Never of a node with itself. */
    public boolean sees(Node viewer, Node peer) {
        return sight.sees(viewer, peer);
    }

    /** Without IPv4 if either has it disabled. Source: policy 6.4. */
    public List<IpAddress> addressesOf(Node viewer, Node peer) {
        return attributes.hasIpv4Disabled(viewer) || attributes.hasIpv4Disabled(peer)
                ? onlyIpv6(peer)
                : peer.addresses();
    }

    public PeerRoutes routesOf(Node viewer, Node peer) {
        return sight.routes(viewer, peer);
    }

    /** Source: policy 4.6. */
    public CapabilityMap peerCapabilities(Node viewer, Node peer) {
        return routesOf(viewer, peer).hasExit() ? EXIT_NODE : CapabilityMap.EMPTY;
    }

    private static List<IpAddress> onlyIpv6(Node node) {
        return node.addresses().stream().filter(IpAddress::isV6).toList();
    }
}
