package io.fleetscale.control.policy.direct;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;

/** Which destinations concern a node. Source: policy 2.3, 3.7. */
final class Reach {
    /** {@code autogroup:internet}, always in this form and order. */
    static final List<String> INTERNET = List.of(
            "0.0.0.0-9.255.255.255",
            "11.0.0.0-100.63.255.255",
            "100.128.0.0-169.253.255.255",
            "169.255.0.0-172.15.255.255",
            "172.32.0.0-192.167.255.255",
            "192.169.0.0-255.255.255.255",
            "2000::-3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

    private static final List<Span> INTERNET_SPANS =
            INTERNET.stream().flatMap(text -> Span.parse(text).stream()).toList();

    private Reach() {}

    /** Whether {@code text}, a destination, must be told to the node. */
    static boolean concerns(String text, Node node) {
        if (text.equals("*")) {
            return true;
        }
        return Span.parse(text).stream()
                .anyMatch(span -> holdsAddress(span, node)
                        || meetsRoute(span, node)
                        || meetsService(span, node)
                        || isBeyondExit(span, node));
    }

    static boolean holdsAddress(Span span, Node node) {
        return node.addresses().stream().map(Span::of).anyMatch(span::contains);
    }

    static boolean meetsRoute(Span span, Node node) {
        return Facts.subnetRoutes(node).stream().map(Span::of).anyMatch(span::overlaps);
    }

    static boolean meetsService(Span span, Node node) {
        return Facts.services(node).stream().map(Span::of).anyMatch(span::overlaps);
    }

    /** What lies wholly in the internet concerns exit nodes. */
    private static boolean isBeyondExit(Span span, Node node) {
        return Facts.isExitNode(node) && INTERNET_SPANS.stream().anyMatch(internet -> internet.contains(span));
    }

    /** Whether a destination overlaps a route; {@code *} overlaps every one. */
    static boolean overlaps(String text, IpPrefix route) {
        return Span.parse(text).stream().anyMatch(Span.of(route)::overlaps);
    }
}
