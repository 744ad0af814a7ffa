package io.fleetscale.control.policy;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.FilterRule;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a packet filter that share a source expression of the policy. Where a node's own addresses belong, the chunk has
 * a place holder, so that all nodes of a class share it. Immutable and thread-safe.
 *
 * @param name stable while the policy names the same sources, whoever joins or leaves them
 * @param version of all that the chunk says apart from the own addresses
 * @param rules at least one
 */
public record FilterChunk(String name, Fingerprint version, List<Rule> rules) {
    /** What a client must hold instead of no chunk at all. Source: control-protocol 6.9. */
    public static final String BASE = "base";

    public FilterChunk {
        rules = List.copyOf(rules);
    }

    /** Where the address of a target or grant comes from. */
    public enum Place {
        /** The text of the policy. */
        WRITTEN,
        /** The node's IPv4 address; nothing if it has none. */
        OWN_IPV4,
        OWN_IPV6
    }

    /**
     * Either targets or grants.
     *
     * @param position the rule's number among all rules of the policy; rules of several chunks are shown in this order
     * @param protocols empty: TCP, UDP and ICMP
     */
    public record Rule(
            int position, FilterSources sources, List<Integer> protocols, List<Target> targets, List<Grant> grants) {
        public Rule {
            protocols = List.copyOf(protocols);
            targets = List.copyOf(targets);
            grants = List.copyOf(grants);
        }

        boolean concerns(@Nullable IpAddress ipv4, @Nullable IpAddress ipv6) {
            for (Target target : targets) {
                if (textOf(target.place(), target.written(), ipv4, ipv6) != null) {
                    return true;
                }
            }
            for (Grant grant : grants) {
                if (!grant.places(ipv4, ipv6).isEmpty()) {
                    return true;
                }
            }
            return false;
        }

        FilterRule forNode(@Nullable IpAddress ipv4, @Nullable IpAddress ipv6) {
            List<FilterRule.Destination> destinations = new ArrayList<>(targets.size());
            for (Target target : targets) {
                String text = textOf(target.place(), target.written(), ipv4, ipv6);
                if (text != null) {
                    destinations.add(new FilterRule.Destination(text, target.firstPort(), target.lastPort()));
                }
            }
            List<FilterRule.CapGrant> capGrants = new ArrayList<>(grants.size());
            for (Grant grant : grants) {
                List<IpPrefix> places = grant.places(ipv4, ipv6);
                if (!places.isEmpty()) {
                    capGrants.add(new FilterRule.CapGrant(places, grant.capabilities()));
                }
            }
            return new FilterRule(sources.list(), destinations, protocols, capGrants);
        }
    }

    /**
     * Ports of a destination.
     *
     * @param written empty unless the place is {@code WRITTEN}
     */
    public record Target(Place place, String written, int firstPort, int lastPort) {}

    /**
     * What the sources may do at the node beyond sending packets.
     *
     * @param ownIpv4 whether at the node's own IPv4 address
     * @param ownIpv6 whether at the node's own IPv6 address
     * @param written further destinations
     * @param capabilities name to JSON text: {@code null} or an array
     */
    public record Grant(
            boolean ownIpv4, boolean ownIpv6, List<IpPrefix> written, SortedMap<String, String> capabilities) {
        public Grant {
            written = List.copyOf(written);
        }

        List<IpPrefix> places(@Nullable IpAddress ipv4, @Nullable IpAddress ipv6) {
            List<IpPrefix> places = new ArrayList<>(2 + written.size());
            if (ownIpv4 && ipv4 != null) {
                places.add(IpPrefix.single(ipv4));
            }
            if (ownIpv6 && ipv6 != null) {
                places.add(IpPrefix.single(ipv6));
            }
            places.addAll(written);
            return places;
        }
    }

    private static @Nullable String textOf(
            Place place, String written, @Nullable IpAddress ipv4, @Nullable IpAddress ipv6) {
        return switch (place) {
            case WRITTEN -> written;
            case OWN_IPV4 -> ipv4 == null ? null : ipv4.toString();
            case OWN_IPV6 -> ipv6 == null ? null : ipv6.toString();
        };
    }
}
