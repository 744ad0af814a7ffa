package io.fleetscale.control.netmap;

import com.google.protobuf.ByteString;
import io.fleetscale.control.dns.NextDns;
import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.ControlDialPlan;
import io.fleetscale.wire.tailcfg.DebugSettings;
import io.fleetscale.wire.tailcfg.JsonWriter;
import io.fleetscale.wire.tailcfg.MapNode;
import io.fleetscale.wire.tailcfg.PingRequest;
import io.fleetscale.wire.tailcfg.SshPolicy;
import io.fleetscale.wire.tailcfg.UserProfile;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Renders messages from states. Thread-safe. Source: control-protocol 5.5, 5.7, 5.10, 5.13. */
public final class MapMessages {
    /** A client's clock may be somewhat behind. */
    private static final Duration EXPIRED_SINCE = Duration.ofDays(1);

    private static final ByteString EMPTY_OBJECT = ByteString.copyFromUtf8("{}");

    private final PresenceOverlay presence;
    private final Encoder encoder;
    private final InstantSource clock;
    private final DebugSettings debug;
    private final ControlDialPlan dialPlan;
    private final TailnetOffers offers;

    /** For a server that offers nothing by settings of the tailnet. */
    public MapMessages(
            PresenceOverlay presence,
            Encoder encoder,
            InstantSource clock,
            DebugSettings debug,
            ControlDialPlan dialPlan) {
        this(presence, encoder, clock, debug, dialPlan, TailnetOffers.NONE);
    }

    /**
     * @param dialPlan where clients reach the instances; without candidates they ask the DNS
     * @param offers what the settings of the tailnet put into maps
     */
    public MapMessages(
            PresenceOverlay presence,
            Encoder encoder,
            InstantSource clock,
            DebugSettings debug,
            ControlDialPlan dialPlan,
            TailnetOffers offers) {
        this.presence = presence;
        this.encoder = encoder;
        this.clock = clock;
        this.debug = debug;
        this.dialPlan = dialPlan;
        this.offers = offers;
    }

    MessageBuilder builder(boolean compressed, boolean forMany) {
        return new MessageBuilder(encoder, compressed, forMany);
    }

    /**
     * The whole map of a node.
     *
     * @throws IllegalArgumentException if the node is not in the state
     */
    MapMessage full(NetmapState state, ClassView view, NodeId viewer, boolean compressed) {
        MessageBuilder message = builder(compressed, false);
        JsonWriter text = message.text();
        text.beginObject();
        int content = Aspect.ALL_NODE | Aspect.ALL_DNS | Aspect.ALL_FILTER;
        Node node = requireNode(state, viewer);
        boolean hasSsh = !state.policy().sshOf(node).rules().isEmpty();
        writeOwn(message, state, viewer, hasSsh ? content | Aspect.ALL_SSH : content);
        message.name("Domain").value(state.dns().baseDomain());
        text.name("CollectServices").value(false);
        text.name("Debug");
        debug.write(text);
        text.name("ControlTime").value(clock.instant());
        // written when it is empty too: a client keeps the last one over its sessions
        text.name("ControlDialPlan");
        dialPlan.write(text);
        text.name("DERPMap");
        message.shared(state.derpMap());
        writeProfiles(message, state, view, node);
        writePeers(message, view, viewer);
        message.text().endObject();
        return message.finish();
    }

    /** The map of a node that waits for approval: itself and nobody else. Source: control-protocol 4.2, 6.1. */
    MapMessage notApproved(NetmapState state, NodeId viewer, boolean compressed) {
        MessageBuilder message = builder(compressed, false);
        Node node = requireNode(state, viewer);
        JsonWriter text = message.text();
        text.beginObject().name("Node");
        String label = Names.isLabel(node.givenName()) ? node.givenName() : "node-" + node.id();
        new PeerEntry(
                        node,
                        presence.get(viewer),
                        state.dns().nameOf(label),
                        ownerOf(state, node).id().value(),
                        state.policy().ownAddresses(node),
                        PeerRoutes.NONE,
                        CapabilityMap.EMPTY)
                .writeNotApproved(text);
        text.name("Domain").value(state.dns().baseDomain());
        text.name("CollectServices").value(false);
        text.name("ControlTime").value(clock.instant());
        text.name("DERPMap");
        message.shared(state.derpMap());
        message.name("UserProfiles").beginArray();
        message.shared(profiles(state, Set.of(ownerOf(state, node).id().value())));
        message.text()
                .endArray()
                .name("Peers")
                .beginArray()
                .endArray()
                .name("PacketFilters")
                .beginObject();
        message.text().name("base").beginArray().endArray().endObject().endObject();
        return message.finish();
    }

    private void writeProfiles(MessageBuilder message, NetmapState state, ClassView view, Node node) {
        long own = ownerOf(state, node).id().value();
        message.name("UserProfiles").beginArray();
        SharedText shown = view.messages().profiles(state, view);
        message.shared(shown);
        if (!view.owners().containsKey(own)) {
            if (shown.text().length > 0) {
                message.comma();
            }
            message.text().append(profiles(state, Set.of(own)).text());
        }
        message.text().endArray();
    }

    private void writePeers(MessageBuilder message, ClassView view, NodeId viewer) {
        message.name("Peers").beginArray();
        boolean first = true;
        for (int i = 0; i < view.fragmentCount(); i++) {
            Fragment fragment = view.fragment(i);
            boolean holdsViewer = fragment.contains(viewer);
            if (holdsViewer && fragment.size() == 1) {
                continue;
            }
            if (!first) {
                message.comma();
            }
            first = false;
            if (holdsViewer) {
                message.text().append(fragment.text(viewer));
            } else {
                message.fragment(fragment);
            }
        }
        message.text().endArray();
    }

    /** The parts that are the viewer's own, as far as the content bits ask for them. */
    void writeOwn(MessageBuilder message, NetmapState state, NodeId viewer, int content) {
        if (content == 0) {
            return;
        }
        Node node = requireNode(state, viewer);
        JsonWriter text = message.text();
        if ((content & Aspect.ALL_NODE) != 0) {
            PeerRoutes routes = state.policy().ownRoutes(node);
            TailnetSettings settings = state.settings();
            String name = nameOf(state, node);
            CapabilityMap capabilities =
                    offers.capabilities(settings, state.policy().ownCapabilities(node), name);
            text.name("Node");
            new PeerEntry(
                            node,
                            presence.get(viewer),
                            name,
                            ownerOf(state, node).id().value(),
                            state.policy().ownAddresses(node),
                            routes,
                            capabilities)
                    .writeOwn(text, offers.flowLogId(settings, viewer));
            String tailnetLog = offers.tailnetFlowLogId(settings);
            if (!tailnetLog.isEmpty()) {
                text.name("DomainDataPlaneAuditLogID").value(tailnetLog);
            }
        }
        if ((content & Aspect.ALL_DNS) != 0) {
            text.name("DNSConfig");
            state.dns()
                    .configFor(
                            client(node),
                            state.policy().ownCapabilities(node),
                            state.dns().recordsOf(state.policy().servicesOf(node)))
                    .withCertDomains(offers.certificateDomains(state.settings(), nameOf(state, node)))
                    .write(text);
        }
        if ((content & Aspect.ALL_FILTER) != 0) {
            text.name("PacketFilters");
            state.policy().filterOf(node).write(message, null);
        }
        if ((content & Aspect.ALL_SSH) != 0) {
            SshPolicy ssh = state.policy().sshOf(node);
            message.name("SSHPolicy");
            ssh.write(text);
        }
    }

    private static String nameOf(NetmapState state, Node node) {
        String label = Names.isLabel(node.givenName()) ? node.givenName() : "node-" + node.id();
        return state.dns().nameOf(label);
    }

    /** Tells a client that its stream is alive; deliberately not the bare form. Source: control-protocol 5.11. */
    MapMessage keepAlive(boolean compressed, @Nullable PingRequest ping) {
        MessageBuilder message = builder(compressed, ping == null);
        Instant now = clock.instant();
        message.text()
                .beginObject()
                .name("KeepAlive")
                .value(true)
                .name("ControlTime")
                .value(now);
        if (ping != null) {
            message.text().name("PingRequest");
            ping.write(message.text());
        }
        message.text().endObject();
        return message.finish();
    }

    /**
     * The last message for a node that is no more: its own entry with an expiry in the past, upon which the client wants a
     * login. Without it a client asks for maps for ever. Source: tailscale ipn/ipnlocal/local.go, setClientStatusLocked.
     *
     * @param node null when nobody remembers which it was
     */
    MapMessage farewell(NetmapState state, @Nullable NodeId node, NodeKey key, boolean compressed) {
        MessageBuilder message = builder(compressed, false);
        Instant now = clock.instant();
        Instant past = now.minus(EXPIRED_SINCE);
        message.text().beginObject().name("Node");
        new MapNode(
                        node == null ? 0 : node.value(),
                        node == null ? "" : node.toString(),
                        "",
                        0,
                        key,
                        past,
                        null,
                        DiscoKey.ZERO,
                        List.of(),
                        List.of(),
                        List.of(),
                        0,
                        EMPTY_OBJECT,
                        past,
                        0,
                        List.of(),
                        List.of(),
                        null,
                        false,
                        CapabilityMap.EMPTY,
                        true)
                .write(message.text());
        // without relays a client would forget its own, and not connect to it again when it is back
        message.text().name("DERPMap");
        message.shared(state.derpMap());
        message.text().name("ControlTime").value(now).endObject();
        return message.finish();
    }

    static SharedText profiles(NetmapState state, Set<Long> users) {
        JsonWriter json = new JsonWriter(128);
        users.stream().sorted().forEach(number -> {
            User user = number == User.TAGGED_DEVICES.id().value()
                    ? User.TAGGED_DEVICES
                    : state.image().user(new UserId(number));
            if (user != null) {
                new UserProfile(number, user.loginName(), user.shownName(), user.profilePicUrl()).write(json);
            }
        });
        return new SharedText(json.toBytes());
    }

    private static User ownerOf(NetmapState state, Node node) {
        return state.image().ownerOf(node);
    }

    private static NextDns.Client client(Node node) {
        String address =
                node.addresses().isEmpty() ? "" : node.addresses().getFirst().toString();
        return new NextDns.Client(node.hostname(), node.host().os(), address);
    }

    private static Node requireNode(NetmapState state, NodeId viewer) {
        Node node = state.image().node(viewer);
        if (node == null) {
            throw new IllegalArgumentException("node " + viewer + " is not in the tailnet");
        }
        return node;
    }
}
