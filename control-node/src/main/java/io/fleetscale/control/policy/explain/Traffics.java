package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PortRange;
import io.fleetscale.control.policy.language.Protocols;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What traffic a rule names, in the way clients read it, and how it is written. Source: policy 2.7, 3.11. */
final class Traffics {
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMP_V6 = 58;
    static final int SCTP = 132;

    private static final Set<Integer> WITH_PORTS = Set.of(TCP, UDP, SCTP);
    private static final Map<Integer, String> NAMES = Map.of(
            ICMP, "icmp", TCP, "tcp", UDP, "udp", ICMP_V6, "icmpv6", SCTP, "sctp", 47, "gre", 50, "esp", 51, "ah");

    private Traffics() {}

    static boolean hasPorts(int protocol) {
        return WITH_PORTS.contains(protocol);
    }

    /** @param port null: any of them */
    static boolean lets(List<PolicyDocument.Traffic> traffic, int protocol, @Nullable Integer port) {
        if (protocol == ICMP || protocol == ICMP_V6) {
            // clients let ICMP through to wherever anything may go
            return !traffic.isEmpty();
        }
        return traffic.stream()
                .anyMatch(one -> names(one.protocol(), protocol)
                        && (hasPorts(protocol)
                                ? port == null || one.ports().contains(port)
                                : one.ports().equals(PortRange.ALL)));
    }

    private static boolean names(@Nullable Integer named, int protocol) {
        return named == null ? Protocols.UNNAMED.contains(protocol) : named == protocol;
    }

    static String text(List<PolicyDocument.Traffic> traffic) {
        return traffic.stream()
                .map(one -> (one.protocol() == null ? "" : name(one.protocol()) + ":") + ports(one.ports()))
                .distinct()
                .collect(Collectors.joining(", "));
    }

    static String text(int protocol, @Nullable Integer port) {
        return name(protocol) + (port == null || !hasPorts(protocol) ? "" : " " + port);
    }

    static String name(int protocol) {
        return NAMES.getOrDefault(protocol, Integer.toString(protocol));
    }

    static String ports(PortRange range) {
        return range.equals(PortRange.ALL)
                ? "*"
                : range.first() == range.last() ? Integer.toString(range.first()) : range.first() + "-" + range.last();
    }
}
