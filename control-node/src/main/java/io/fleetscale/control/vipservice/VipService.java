package io.fleetscale.control.vipservice;

import io.fleetscale.control.tailnet.ResourceKind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A service.
 *
 * @param addrs IPv4, then IPv6
 * @param ports like {@code tcp:443}
 * @param annotations kept as they were given
 * @param approved stable identifiers of nodes that an administrator approved as hosts
 */
public record VipService(
        String name,
        String displayName,
        List<String> addrs,
        String comment,
        List<String> ports,
        List<String> tags,
        Map<String, String> annotations,
        List<String> approved) {
    /** By name. */
    public static final ResourceKind<VipService> KIND = ResourceKind.of("vip-service", VipService.class);

    public VipService {
        addrs = List.copyOf(addrs);
        ports = List.copyOf(ports);
        tags = List.copyOf(tags);
        annotations = Map.copyOf(new TreeMap<>(annotations));
        approved = List.copyOf(approved);
    }

    VipService withApproval(String stableId, boolean isApproved) {
        TreeSet<String> hosts = new TreeSet<>(approved);
        if (isApproved) {
            hosts.add(stableId);
        } else {
            hosts.remove(stableId);
        }
        return new VipService(name, displayName, addrs, comment, ports, tags, annotations, List.copyOf(hosts));
    }
}
