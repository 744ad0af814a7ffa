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

    /** The node after its client reported {@code host}; equal to {@code node} when nothing hard changed. */
    public static Node apply(TailnetImage image, Node node, Hostinfo host) {
        return node.toBuilder()
                .hostname(host.hostname())
                .givenName(NodeNames.afterHostnameChange(image, node, host.hostname()))
                .advertisedRoutes(routes(host))
                .requestTags(TagNames.normalise(host.requestTags()))
                .host(facts(host))
                .build();
    }
}
