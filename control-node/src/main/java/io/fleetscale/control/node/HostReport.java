package io.fleetscale.control.node;

import io.fleetscale.control.name.NodeNames;
import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.util.List;

/** The part of a client's host info that is hard state. Pure. */
public final class HostReport {
    private HostReport() {}

    public static HostFacts facts(Hostinfo host) {
        return new HostFacts(
                host.os(),
                host.osVersion(),
                host.ipnVersion(),
                host.distro(),
                host.deviceModel(),
                Boolean.TRUE.equals(host.stateEncrypted()),
                host.allowsUpdate());
    }

    /** Advertised routes: masked, sorted, each once. */
    public static List<IpPrefix> routes(Hostinfo host) {
        return host.routableIps().stream()
                .map(IpPrefix::masked)
                .sorted()
                .distinct()
                .toList();
    }

    /** Without a mark a client offers no services; what stands behind a new one it must be asked. */
    private static Node.Builder withServices(Node.Builder node, Hostinfo host) {
        return host.servicesHash().isEmpty() ? node.offeredServices(List.of()).servicesHash("") : node;
    }

    /** The node after its client reported {@code host}; equal to {@code node} when nothing hard changed. */
    public static Node apply(TailnetImage image, Node node, Hostinfo host) {
        return withServices(node.toBuilder(), host)
                .hostname(host.hostname())
                .givenName(NodeNames.afterHostnameChange(image, node, host.hostname()))
                .advertisedRoutes(routes(host))
                .requestTags(TagNames.normalise(host.requestTags()))
                .host(facts(host))
                .build();
    }
}
