package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.ServiceCapabilities;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What {@code nodeAttrs} and services give a class. Source: policy 6.1, 9.4, 9.5. */
final class Attributes {
    static final String DISABLE_IPV4 = "disable-ipv4";
    static final String FUNNEL = "funnel";
    private static final String FUNNEL_PORTS = "https://tailscale.com/cap/funnel-ports?ports=443,8443,10000";
    private static final String FUNNEL_NEEDS_HTTPS = "https://tailscale.com/cap/warn-funnel-no-https";
    private static final String RANDOMIZE_CLIENT_PORT = "randomize-client-port";

    private Attributes() {}

    static CapabilityMap of(Program program, NodeClass members) {
        NavigableMap<String, List<String>> found = new TreeMap<>();
        NavigableMap<String, List<String>> app = new TreeMap<>();
        if (program.options().randomizeClientPort()) {
            found.put(RANDOMIZE_CLIENT_PORT, List.of());
        }
        if (program.options().disableIpv4()) {
            found.put(DISABLE_IPV4, List.of());
        }
        for (AttributeEntry entry : program.attributes()) {
            if (entry.targets().stream().noneMatch(target -> isTarget(target, members))) {
                continue;
            }
            for (String attribute : entry.attributes()) {
                found.putIfAbsent(attribute, List.of());
                if (attribute.equals(FUNNEL)) {
                    found.putIfAbsent(FUNNEL_PORTS, List.of());
                }
            }
            entry.app()
                    .forEach((name, values) -> app.computeIfAbsent(name, absent -> new ArrayList<>())
                            .addAll(values));
        }
        app.forEach(found::putIfAbsent);
        for (ReachableService service : program.services()) {
            if (service.isOpenTo(members)) {
                found.put(ServiceCapabilities.reachable(service.service()), List.of(service.details()));
            }
        }
        return found.isEmpty() ? CapabilityMap.EMPTY : CapabilityMap.of(found);
    }

    /** Everything in the node's own entry; what is there without the policy keeps its arguments. Source: policy 6.2. */
    static CapabilityMap ofNode(PolicyTables tables, NodeState state, Node node) {
        PolicyEnvironment environment = tables.shared().environment();
        CapabilityMap given = state.nodeClass().attributes();
        CapabilityMap base = environment.baseCapabilities(tables.image(), node);
        NavigableMap<String, List<String>> all = new TreeMap<>(given.entries());
        if (given.has(FUNNEL) && !environment.hasHttpsCertificates(tables.image())) {
            all.put(FUNNEL_NEEDS_HTTPS, List.of());
        }
        PolicyOptions options = tables.shared().program().options();
        if (!options.oneCgnatRoute().isEmpty() && node.host().os().equalsIgnoreCase("macOS")) {
            all.put("one-cgnat?v=" + options.oneCgnatRoute().equals("mac-always"), List.of());
        }
        String hosted = ServiceCapabilities.hosted(node);
        if (!hosted.isEmpty()) {
            all.put(ServiceCapabilities.HOSTED, List.of(hosted));
        }
        all.putAll(base.entries());
        return CapabilityMap.of(all);
    }

    private static boolean isTarget(Selector target, NodeClass members) {
        return members.isPlace(target, NodeClass.IPV4)
                || members.isPlace(target, NodeClass.IPV6)
                || members.families() == 0 && target.kind() == Selector.Kind.ANY;
    }
}
