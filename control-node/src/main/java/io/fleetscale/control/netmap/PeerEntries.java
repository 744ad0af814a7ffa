package io.fleetscale.control.netmap;

import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes as their viewers are told of them; one that cannot be told is left out and reported. Confined to the thread of
 * {@link Netmaps}, the reports aside.
 */
final class PeerEntries {
    private static final Logger LOG = LoggerFactory.getLogger(PeerEntries.class);

    private final PresenceOverlay presence;
    private final Newcomers newcomers;
    private final Map<NodeId, String> unusable = new ConcurrentHashMap<>();

    PeerEntries(PresenceOverlay presence, Newcomers newcomers) {
        this.presence = presence;
        this.newcomers = newcomers;
    }

    /** Nodes that are left out, and why. Thread-safe. */
    Map<NodeId, String> unusable() {
        return Map.copyOf(unusable);
    }

    void forget(NodeId id) {
        unusable.remove(id);
    }

    /** The node for viewers of a class, or null if it must not or cannot be shown. */
    @Nullable
    PeerEntry of(ClassId viewer, Node node, TailnetImage image, CompiledPolicy policy, DnsSettings dns) {
        if (newcomers.isHeld(node.id()) || !image.isAuthorized(node)) {
            return null;
        }
        String name = dns.nameOf(node.givenName());
        if (!Names.isLabel(node.givenName()) || !Names.fits(name)) {
            report(node.id(), "its name cannot be used in the DNS: rename it");
            return null;
        }
        PeerEntry entry = new PeerEntry(
                node,
                presence.get(node.id()),
                name,
                image.ownerOf(node).id().value(),
                policy.addressesOf(viewer, node),
                policy.routesOf(viewer, node),
                policy.peerCapabilities(viewer, node));
        try {
            entry.json();
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("node", node.id()).setCause(e).log("a node cannot be rendered");
            report(node.id(), "its record cannot be rendered");
            return null;
        }
        unusable.remove(node.id());
        return entry;
    }

    private void report(NodeId id, String reason) {
        if (!reason.equals(unusable.put(id, reason))) {
            LOG.atWarn()
                    .addKeyValue("node", id)
                    .addKeyValue("reason", reason)
                    .log("a node is left out of the maps of its peers");
        }
    }
}
