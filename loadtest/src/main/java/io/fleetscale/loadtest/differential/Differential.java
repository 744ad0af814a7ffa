package io.fleetscale.loadtest.differential;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.loadtest.corpus.Answers;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Two engines on the same image, byte by byte. Source: policy 11.12, point 2. */
public final class Differential {
    private final TailnetImage image;
    private final Answers expected;
    private final Answers actual;

    public Differential(TailnetImage image, Answers expected, Answers actual) {
        this.image = image;
        this.expected = expected;
        this.actual = actual;
    }

    /** The first difference; absent if there is none. */
    public Optional<String> first() {
        for (Node node : image.nodes().values()) {
            String difference = own(node);
            if (difference != null) {
                return Optional.of("node " + node.id() + ": " + difference);
            }
            for (Node peer : image.nodes().values()) {
                difference = node.id().equals(peer.id()) ? null : peer(node, peer);
                if (difference != null) {
                    return Optional.of("node " + node.id() + ": peer " + peer.id() + ": " + difference);
                }
            }
        }
        return Optional.empty();
    }

    private @Nullable String own(Node node) {
        List<FilterRule> wanted = expected.filterOf(node);
        List<FilterRule> given = actual.filterOf(node);
        for (int i = 0; i < Math.max(wanted.size(), given.size()); i++) {
            String difference = compare(
                    "filter rule " + (i + 1),
                    i < wanted.size() ? written(wanted.get(i)) : "none",
                    i < given.size() ? written(given.get(i)) : "none");
            if (difference != null) {
                return difference;
            }
        }
        String difference = compare("ssh", written(expected, node), written(actual, node));
        if (difference == null) {
            difference = compare("addresses", expected.ownAddresses(node), actual.ownAddresses(node));
        }
        if (difference == null) {
            difference = compare("routes", expected.ownRoutes(node), actual.ownRoutes(node));
        }
        return difference != null
                ? difference
                : compare("capabilities", expected.ownCapabilities(node), actual.ownCapabilities(node));
    }

    private @Nullable String peer(Node viewer, Node peer) {
        boolean visible = expected.sees(viewer, peer);
        String difference = compare("visible", visible, actual.sees(viewer, peer));
        if (difference == null && visible) {
            difference = compare("addresses", expected.addressesOf(viewer, peer), actual.addressesOf(viewer, peer));
        }
        if (difference == null && visible) {
            difference = compare("routes", expected.routesOf(viewer, peer), actual.routesOf(viewer, peer));
        }
        return difference != null || !visible
                ? difference
                : compare(
                        "capabilities", expected.peerCapabilities(viewer, peer), actual.peerCapabilities(viewer, peer));
    }

    private static @Nullable String compare(String what, Object wanted, Object given) {
        return wanted.equals(given) ? null : what + ": want " + wanted + ", got " + given;
    }

    private static String written(FilterRule rule) {
        JsonWriter json = new JsonWriter();
        rule.write(json);
        return new String(json.toBytes(), StandardCharsets.UTF_8);
    }

    private static String written(Answers answers, Node node) {
        JsonWriter json = new JsonWriter();
        answers.sshOf(node).write(json);
        return new String(json.toBytes(), StandardCharsets.UTF_8);
    }
}
