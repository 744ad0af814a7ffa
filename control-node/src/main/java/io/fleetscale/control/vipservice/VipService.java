package io.fleetscale.control.vipservice;

import io.fleetscale.control.tailnet.ResourceKind;
import io.fleetscale.wire.ip.IpAddress;
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
 * @param refused the same for nodes that an administrator turned away, whatever the policy approves
 */
public record VipService(
        String name,
        String displayName,
        List<String> addrs,
        String comment,
        List<String> ports,
        List<String> tags,
        Map<String, String> annotations,
        List<String> approved,
        List<String> refused) {
    /** By name. */
    public static final ResourceKind<VipService> KIND = ResourceKind.of("vip-service", VipService.class);

    /** What every name begins with. */
    public static final String PREFIX = "svc:";

    /** A port that stands for whatever the hosts serve. */
    public static final String UNCHECKED_PORTS = "do-not-validate";

    public VipService {
        addrs = List.copyOf(addrs);
        ports = List.copyOf(ports);
        tags = List.copyOf(tags);
        annotations = Map.copyOf(new TreeMap<>(annotations));
        approved = List.copyOf(approved);
        refused = refused == null ? List.of() : List.copyOf(refused); // absent in texts of older releases
    }

    /** Without the prefix: the label of its DNS name. */
    public String label() {
        return name.substring(PREFIX.length());
    }

    /** Parsed, IPv4 first. */
    public List<IpAddress> parsedAddresses() {
        return addrs.stream().map(IpAddress::parse).toList();
    }

    VipService withApproval(String stableId, boolean isApproved) {
        TreeSet<String> hosts = new TreeSet<>(approved);
        TreeSet<String> others = new TreeSet<>(refused);
        (isApproved ? hosts : others).add(stableId);
        (isApproved ? others : hosts).remove(stableId);
        return new VipService(
                name, displayName, addrs, comment, ports, tags, annotations, List.copyOf(hosts), List.copyOf(others));
    }
}
