package io.fleetscale.control.vipservice;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whether what a client serves is what a service is made of. Pure. Source: tailscale tailcfg/proto_port_range.go. */
final class PortList {
    private static final Pattern RANGE = Pattern.compile("(?:([a-z0-9-]+|\\*):)?(\\*|([0-9]{1,5})(?:-([0-9]{1,5}))?)");

    private PortList() {}

    /** @param protocol {@code *}: every one */
    private record Range(String protocol, int first, int last) {
        boolean covers(Range other) {
            return (protocol.equals("*") || protocol.equals(other.protocol))
                    && first <= other.first
                    && other.last <= last;
        }
    }

    /** Whether each of the ports of a service is within one of those that are served; one that cannot be read never is. */
    static boolean covers(List<String> served, List<String> ports) {
        return ports.contains(VipService.UNCHECKED_PORTS)
                || ports.stream().allMatch(port -> {
                    Range wanted = range(port);
                    return wanted != null
                            && served.stream()
                                    .map(PortList::range)
                                    .anyMatch(range -> range != null && range.covers(wanted));
                });
    }

    private static @Nullable Range range(String text) {
        Matcher matcher = RANGE.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return null;
        }
        String protocol = matcher.group(1) == null ? "*" : matcher.group(1);
        if (matcher.group(2).equals("*")) {
            return new Range(protocol, 0, 65535);
        }
        int first = Integer.parseInt(matcher.group(3));
        int last = matcher.group(4) == null ? first : Integer.parseInt(matcher.group(4));
        return new Range(protocol, first, last);
    }
}
