package io.fleetscale.control.netmap;

import com.google.protobuf.ByteString;
import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.GoTime;
import io.fleetscale.wire.tailcfg.JsonWriter;
import io.fleetscale.wire.tailcfg.MapNode;
import io.fleetscale.wire.tailcfg.MapRequest;
import io.fleetscale.wire.tailcfg.PeerChange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node as the viewers of one class see it: hard and soft state joined. Its JSON is rendered when it is first needed and kept.
 * Immutable and thread-safe.
 */
@SuppressWarnings("ReferenceEquality") // a short cut: rows that did not change keep their identity from image to image
final class PeerEntry {
    private static final Instant YEAR_ONE = GoTime.ZERO;

    private final Node node;
    private final Presence presence;
    private final String name;
    private final long userId;
    private final List<IpAddress> addresses;
    private final PeerRoutes routes;
    private final CapabilityMap capabilities;
    private volatile byte @Nullable [] json;

    PeerEntry(
            Node node,
            Presence presence,
            String name,
            long userId,
            List<IpAddress> addresses,
            PeerRoutes routes,
            CapabilityMap capabilities) {
        this.node = node;
        this.presence = presence;
        this.name = name;
        this.userId = userId;
        this.addresses = addresses;
        this.routes = routes;
        this.capabilities = capabilities;
    }

    NodeId id() {
        return node.id();
    }

    Node node() {
        return node;
    }

    long userId() {
        return userId;
    }

    boolean isTagged() {
        return userId == User.TAGGED_DEVICES.id().value();
    }

    /** The node as a JSON object. */
    byte[] json() {
        byte[] rendered = json;
        if (rendered == null) {
            rendered = rendered();
            json = rendered;
        }
        return rendered;
    }

    /** The same, made anew. */
    byte[] rendered() {
        JsonWriter writer = new JsonWriter(640);
        mapNode(null).write(writer);
        return writer.toBytes();
    }

    /**
     * The node's own entry, for itself.
     *
     * @param flowLogId under which it uploads flow logs; empty: it does not
     */
    void writeOwn(JsonWriter json, String flowLogId) {
        mapNode(node.machineKey()).write(json, true, flowLogId);
    }

    /** The same for a node that waits for approval. */
    void writeNotApproved(JsonWriter json) {
        mapNode(node.machineKey()).write(json, false, "");
    }

    private MapNode mapNode(@Nullable MachineKey machine) {
        List<IpPrefix> own = addresses.stream().map(IpPrefix::single).toList();
        List<IpPrefix> allowed = routes == PeerRoutes.NONE
                ? own
                : Stream.of(own, routes.allowed())
                        .flatMap(List::stream)
                        .distinct()
                        .sorted()
                        .toList();
        return new MapNode(
                node.id().value(),
                node.stableId(),
                name,
                userId,
                node.nodeKey(),
                shownExpiry(),
                machine,
                presence.discoKey(),
                own,
                allowed,
                usableEndpoints(presence.endpoints()),
                presence.homeDerp(),
                hostinfo(),
                node.createdAt(),
                presence.capabilityVersion(),
                node.tags(),
                routes.primary(),
                presence.online() ? null : presence.lastSeen(),
                presence.online(),
                capabilities,
                node.expired());
    }

    /** What changed from {@code old} to this, for viewers of the class: 0 if they cannot tell the difference. */
    int differenceFrom(PeerEntry old) {
        int aspects = 0;
        if (node != old.node || routes != old.routes || !addresses.equals(old.addresses) || !name.equals(old.name)) {
            if (!sameExceptPatchable(old)) {
                aspects |= Aspect.UPSERT;
            }
            if (userId != old.userId) {
                aspects |= Aspect.PROFILE;
            }
            if (!node.nodeKey().equals(old.node.nodeKey())) {
                aspects |= Aspect.KEY;
            }
            if (!Objects.equals(shownExpiry(), old.shownExpiry())) {
                aspects |= Aspect.EXPIRY;
            }
        }
        if (!capabilities.equals(old.capabilities)) {
            aspects |= Aspect.CAP_MAP;
        }
        return presence == old.presence && node == old.node ? aspects : aspects | presenceDifference(old);
    }

    private boolean sameExceptPatchable(PeerEntry old) {
        return node.stableId().equals(old.node.stableId())
                && name.equals(old.name)
                && userId == old.userId
                && addresses.equals(old.addresses)
                && routes.equals(old.routes)
                && node.createdAt().equals(old.node.createdAt())
                && node.tags().equals(old.node.tags())
                && node.expired() == old.node.expired();
    }

    private int presenceDifference(PeerEntry old) {
        int aspects = 0;
        Presence was = old.presence;
        if (!hostinfo().equals(old.hostinfo())) {
            aspects |= Aspect.UPSERT;
        }
        if (!presence.discoKey().equals(was.discoKey())) {
            aspects |= Aspect.DISCO;
        }
        if (!presence.endpoints().equals(was.endpoints())
                && !usableEndpoints(presence.endpoints()).equals(usableEndpoints(was.endpoints()))) {
            aspects |= Aspect.ENDPOINTS;
        }
        if (presence.homeDerp() != was.homeDerp()) {
            // A patch cannot say "none any more".
            aspects |= presence.homeDerp() == 0 ? Aspect.UPSERT : Aspect.DERP;
        }
        if (presence.capabilityVersion() != was.capabilityVersion()) {
            aspects |= presence.capabilityVersion() == 0 ? Aspect.UPSERT : Aspect.CAP;
        }
        if (presence.online() != was.online()) {
            aspects |= Aspect.ONLINE;
        }
        return aspects;
    }

    /** The patch for these aspects, none of which needs a whole node. */
    PeerChange patch(int aspects) {
        boolean online = presence.online();
        Instant expiry = shownExpiry();
        boolean presenceShown = (aspects & (Aspect.ONLINE | Aspect.DISCO)) != 0;
        return new PeerChange(
                node.id().value(),
                (aspects & Aspect.DERP) != 0 ? presence.homeDerp() : 0,
                (aspects & Aspect.CAP) != 0 ? presence.capabilityVersion() : 0,
                (aspects & Aspect.CAP_MAP) != 0 ? capabilities : null,
                (aspects & Aspect.ENDPOINTS) != 0 ? usableEndpoints(presence.endpoints()) : null,
                (aspects & Aspect.KEY) != 0 ? node.nodeKey() : null,
                (aspects & Aspect.DISCO) != 0 ? presence.discoKey() : null,
                presenceShown ? online : null,
                (aspects & Aspect.ONLINE) != 0 && !online ? presence.lastSeen() : null,
                (aspects & Aspect.EXPIRY) == 0 ? null : expiry == null ? YEAR_ONE : expiry);
    }

    /** Clients get wrong ideas from dates before the node was made: a logout stores such a one. */
    private @Nullable Instant shownExpiry() {
        Instant expiry = node.expiry();
        return expiry != null && expiry.isBefore(node.createdAt()) ? node.createdAt() : expiry;
    }

    private ByteString hostinfo() {
        ByteString seen = presence.peerHostinfo();
        if (!seen.isEmpty()) {
            return seen;
        }
        JsonWriter json = new JsonWriter(64).beginObject();
        if (!node.host().os().isEmpty()) {
            json.name("OS").value(node.host().os());
        }
        json.name("Hostname").value(node.hostname()).endObject();
        return ByteString.copyFrom(json.toBytes());
    }

    /** Without those that nobody but the node itself can use. */
    private static List<IpEndpoint> usableEndpoints(List<MapRequest.Endpoint> endpoints) {
        List<IpEndpoint> usable = new ArrayList<>(endpoints.size());
        for (MapRequest.Endpoint endpoint : endpoints) {
            IpAddress address = endpoint.address().address();
            boolean unspecified = address.high() == 0 && address.low() == 0;
            if (endpoint.address().port() != 0 && !unspecified && !(address.isV6() && address.isLinkLocal())) {
                usable.add(endpoint.address());
            }
        }
        return usable;
    }
}
