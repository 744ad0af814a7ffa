package io.fleetscale.loadtest.corpus;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Defects of captures, recognised by what a capture holds and never by its name. Source: policy 10.7. */
final class Errata {
    /** Captures whose nodes all lie here were renumbered when they were made anonymous. */
    private static final IpPrefix RENUMBERED = IpPrefix.parse("100.64.0.0/24");

    private static final IpAddress UNUSED = IpAddress.parse("fd7a:115c:a1e0::ffff:1");
    private static final String HIDDEN_DOMAIN = "PASSKEY";
    private static final String SHOWN_DOMAIN = "EXAMPLE.COM";

    private Errata() {}

    /**
     * Renumbering gave some node the IPv6 address that the policy names for another machine, which is gone: the capture with
     * another address for that node. Absent where the policy names no node's IPv6 address. (E1)
     */
    static Optional<Capture> otherReading(Capture capture) {
        if (!capture.nodes().values().stream().allMatch(node -> RENUMBERED.contains(node.ipv4()))) {
            return Optional.empty();
        }
        for (Map.Entry<String, Capture.CapturedNode> node : capture.nodes().entrySet()) {
            Pattern literal =
                    Pattern.compile(Pattern.quote(node.getValue().ipv6().toString()) + "(?![0-9a-fA-F:])");
            if (literal.matcher(capture.policy()).find()) {
                return Optional.of(
                        capture.withNode(node.getKey(), node.getValue().withIpv6(UNUSED)));
            }
        }
        return Optional.empty();
    }

    /** The refusal with the domain that was made anonymous in the policy but not in the message. (E2) */
    static @Nullable String refusal(Capture capture) {
        String refusal = capture.refusal();
        return refusal == null || capture.policy().contains(HIDDEN_DOMAIN)
                ? refusal
                : refusal.replace(HIDDEN_DOMAIN, SHOWN_DOMAIN);
    }

    /** Routes whose router does not show them itself yet while others do: captured in the middle of their approval. (E4) */
    static Set<String> unsettledRoutes(Capture capture, CapturedTailnet tailnet) {
        Set<String> unsettled = new HashSet<>();
        capture.views().forEach((name, view) -> {
            Node router = tailnet.node(name);
            for (IpPrefix route : router.approvedRoutes()) {
                boolean shownByOthers = capture.views().values().stream()
                        .map(other -> other.peers().get(name))
                        .anyMatch(entry -> entry != null && entry.allowedIps().contains(route.toString()));
                if (shownByOthers && !view.self().allowedIps().contains(route.toString())) {
                    unsettled.add(route.toString());
                }
            }
        });
        return unsettled;
    }
}
