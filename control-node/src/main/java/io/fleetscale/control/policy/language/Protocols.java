package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Protocols by name and number, and ports. Source: policy 2.7; tailscale types/ipproto, tailcfg. */
public final class Protocols {
    /** What traffic without a named protocol is: TCP, UDP, ICMP, ICMPv6. */
    public static final List<Integer> UNNAMED = List.of(6, 17, 1, 58);

    private static final Set<Integer> WITH_PORTS = Set.of(6, 17, 132);
    private static final Map<String, Integer> NUMBERS = new HashMap<>();
    private static final int MAX_PROTOCOL = 255;

    static {
        NUMBERS.putAll(
                Map.of("icmp", 1, "icmpv4", 1, "igmp", 2, "ipv4", 4, "ip-in-ip", 4, "tcp", 6, "egp", 8, "igp", 9));
        NUMBERS.putAll(Map.of("udp", 17, "dccp", 33, "gre", 47, "esp", 50, "ah", 51, "ipv6-icmp", 58, "icmpv6", 58));
        NUMBERS.putAll(Map.of("tsmp", 99, "sctp", 132, "fc", 133));
    }

    private Protocols() {}

    /** The number of a protocol. */
    static int protocol(Position at, String text) throws PolicyException {
        Integer known = NUMBERS.get(text.toLowerCase(Locale.ROOT));
        if (known != null) {
            return known;
        }
        if (text.matches("[1-9][0-9]{0,2}") && Integer.parseInt(text) <= MAX_PROTOCOL) {
            return Integer.parseInt(text);
        }
        throw new PolicyException(at, "proto name \"" + text + "\" not known; use protocol number 0-" + MAX_PROTOCOL);
    }

    /**
     * The number of a protocol, by name or number.
     *
     * @throws IllegalArgumentException naming the text
     */
    public static int parse(String text) {
        try {
            return protocol(PolicyException.NOWHERE, text);
        } catch (PolicyException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    static boolean hasPorts(int protocol) {
        return WITH_PORTS.contains(protocol);
    }

    /**
     * One port, a range, or {@code *}.
     *
     * @param prefix of the message
     */
    static PortRange ports(Position at, String prefix, String text) throws PolicyException {
        if (text.equals("*")) {
            return PortRange.ALL;
        }
        String subject = prefix + "port range \"" + text + "\": ";
        String[] ends = text.split("-", -1);
        if (ends.length > 2) {
            throw new PolicyException(at, subject + "too many dashes(-)");
        }
        int first = integer(at, subject + "invalid first integer", ends[0]);
        int last = ends.length == 1 ? first : integer(at, subject + "invalid last integer", ends[1]);
        if (first == 0) {
            throw new PolicyException(at, subject + "first port must be >0, or use '*' for wildcard");
        }
        if (first > last) {
            throw new PolicyException(at, subject + "first port must be >= last port");
        }
        return new PortRange(first, last);
    }

    private static int integer(Position at, String problem, String digits) throws PolicyException {
        if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > PortRange.MAX_PORT) {
            throw new PolicyException(at, problem);
        }
        return Integer.parseInt(digits);
    }
}
