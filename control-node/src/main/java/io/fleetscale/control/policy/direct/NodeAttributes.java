package io.fleetscale.control.policy.direct;

import io.fleetscale.control.policy.ServiceCapabilities;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The capabilities of a node's own entry. Source: policy 6. */
final class NodeAttributes {
    static final String DISABLE_IPV4 = "disable-ipv4";

    private static final String FUNNEL = "funnel";
    private static final String FUNNEL_PORTS = "https://tailscale.com/cap/funnel-ports?ports=443,8443,10000";
    private static final String FUNNEL_NEEDS_HTTPS = "https://tailscale.com/cap/warn-funnel-no-https";

    private final List<Entry> entries;
    private final Sending sending;
    private final Facts facts;
    private final PolicyEnvironment environment;

    /** Whether a node itself may send anything to an address by a rule without {@code via}. */
    @FunctionalInterface
    interface Sending {
        boolean isAllowed(Node from, IpAddress to);
    }

    NodeAttributes(List<Entry> entries, Sending sending, Facts facts, PolicyEnvironment environment) {
        this.entries = entries;
        this.sending = sending;
        this.facts = facts;
        this.environment = environment;
    }

    /**
     * An entry of {@code nodeAttrs}, or a tailnet-wide option in the same form.
     *
     * @param app capability to JSON texts
     */
    record Entry(List<Alias> targets, List<String> attributes, Map<String, List<String>> app) {}

    /** The entries that concern the node. */
    private List<Entry> entriesFor(Node node) {
        return entries.stream()
                .filter(entry -> entry.targets().stream().anyMatch(alias -> Aliases.denotes(alias, node)))
                .toList();
    }

    boolean hasIpv4Disabled(Node node) {
        return entriesFor(node).stream().anyMatch(entry -> entry.attributes().contains(DISABLE_IPV4));
    }

    /** What a node has anyway keeps its arguments. */
    CapabilityMap forNode(Node node) {
        TreeMap<String, List<String>> capabilities =
                new TreeMap<>(environment.baseCapabilities(facts.image(), node).entries());
        TreeMap<String, List<String>> app = new TreeMap<>();
        for (Entry entry : entriesFor(node)) {
            for (String attribute : entry.attributes()) {
                capabilities.putIfAbsent(attribute, List.of());
                if (attribute.equals(FUNNEL)) {
                    capabilities.putIfAbsent(FUNNEL_PORTS, List.of());
                    if (!environment.hasHttpsCertificates(facts.image())) {
                        capabilities.putIfAbsent(FUNNEL_NEEDS_HTTPS, List.of());
                    }
                }
            }
            entry.app()
                    .forEach((name, values) ->
                            app.computeIfAbsent(name, key -> new ArrayList<>()).addAll(values));
        }
        app.forEach(capabilities::putIfAbsent);
        environment.services(facts.image()).values().stream()
                .filter(service -> service.parsedAddresses().stream().anyMatch(to -> sending.isAllowed(node, to)))
                .forEach(service -> capabilities.put(
                        ServiceCapabilities.reachable(service), List.of(ServiceCapabilities.details(service))));
        String hosted = ServiceCapabilities.hosted(node);
        if (!hosted.isEmpty()) {
            capabilities.put(ServiceCapabilities.HOSTED, List.of(hosted));
        }
        return CapabilityMap.of(capabilities);
    }
}
