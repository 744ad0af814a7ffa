package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Whatever happens, and however far a session lags, its client ends up with what the image says. */
class NetmapPropertyTest {
    private static final int STEPS = 400;
    private static final int SESSIONS = 6;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everySessionConverges(long seed) {
        Random random = new Random(seed);
        CompiledPolicy.Compiler compiler = seed % 2 == 0 ? AllowAllPolicy::compile : OwnerPolicy::compile;
        TestTailnet tailnet = new TestTailnet(compiler);
        tailnet.addUser("alice");
        tailnet.addUser("bob");
        for (int i = 0; i < 200; i++) {
            tailnet.addNode(builder -> owned(builder, random.nextInt(3)));
        }
        Map<NodeId, ModelSession> sessions = new HashMap<>();
        for (int step = 0; step < STEPS; step++) {
            change(tailnet, random);
            if (sessions.size() < SESSIONS) {
                NodeId id = anyNode(tailnet, random);
                sessions.computeIfAbsent(id, node -> new ModelSession(tailnet, node));
            }
            sessions.values()
                    .removeIf(session -> random.nextInt(4) == 0 && !session.advance(tailnet, random.nextInt(8) != 0));
        }
        sessions.values().removeIf(session -> !session.advance(tailnet, true));
        for (ModelSession session : sessions.values()) {
            assertThat(shown(session.client.peers))
                    .as("seed %d, node %s", seed, session.node)
                    .isEqualTo(expected(tailnet, session.node));
            JsonNode full = tailnet.full(session.node);
            assertThat(session.client.self)
                    .as("seed %d, node %s", seed, session.node)
                    .isNotNull();
            assertThat(ownShown(session.client.self)).isEqualTo(ownShown(full.get("Node")));
            assertThat(session.client.dns).isEqualTo(full.get("DNSConfig"));
            assertThat(session.client.derpMap).isEqualTo(full.get("DERPMap"));
            full.get("UserProfiles")
                    .forEach(profile -> assertThat(session.client.profiles.get(
                                    profile.get("ID").asLong()))
                            .isEqualTo(profile));
        }
    }

    private static Node.Builder owned(Node.Builder node, int owner) {
        return owner == 0
                ? node.tags(List.of("tag:test")).userId(null)
                : node.tags(List.of()).userId(new io.fleetscale.control.tailnet.UserId(owner));
    }

    private static NodeId anyNode(TestTailnet tailnet, Random random) {
        List<NodeId> ids = new ArrayList<>(tailnet.image.nodes().keySet());
        return ids.get(random.nextInt(ids.size()));
    }

    private static void change(TestTailnet tailnet, Random random) {
        NodeId id = anyNode(tailnet, random);
        Node node = tailnet.image.node(id);
        if (node == null) {
            throw new AssertionError("node " + id);
        }
        int number = random.nextInt(1_000);
        switch (random.nextInt(20)) {
            case 0 -> tailnet.addNode(builder -> owned(builder, random.nextInt(3)));
            case 1 -> tailnet.apply(new Change.NodeRemoved(id));
            case 2 ->
                tailnet.apply(new Change.NodePut(
                        node.toBuilder().givenName("name-" + id + "-" + number).build()));
            case 3 ->
                tailnet.apply(new Change.NodePut(
                        owned(node.toBuilder(), random.nextInt(3)).build()));
            case 4 ->
                tailnet.apply(new Change.NodePut(node.toBuilder()
                        .expiry(random.nextBoolean() ? null : TestTailnet.NOW.plusSeconds(number))
                        .build()));
            case 5 ->
                tailnet.apply(new Change.NodePut(node.toBuilder()
                        .nodeKey(NodeKey.of(TestTailnet.key(id.value() * 1000 + number, 9)))
                        .build()));
            case 6 ->
                tailnet.apply(new Change.NodePut(
                        node.toBuilder().expired(random.nextBoolean()).build()));
            case 7 -> {
                IpPrefix route = IpPrefix.parse("10." + number % 4 + ".0.0/16");
                tailnet.apply(
                        random.nextInt(3) == 0 ? new Change.PrimaryRemoved(route) : new Change.PrimaryPut(route, id));
            }
            case 8 -> {
                List<IpPrefix> exit = random.nextBoolean() ? List.of() : List.of(IpPrefix.ALL_V4, IpPrefix.ALL_V6);
                tailnet.apply(new Change.NodePut(node.toBuilder()
                        .advertisedRoutes(exit)
                        .approvedRoutes(exit)
                        .build()));
            }
            case 9 -> {
                User user = tailnet.image.users().firstEntry().getValue();
                tailnet.apply(new Change.UserPut(user.withName("user" + number)));
            }
            case 10 -> {
                if (random.nextInt(10) == 0) {
                    String json =
                            TestTailnet.dns("net" + number % 3 + ".example").toJson();
                    tailnet.apply(new Change.SettingPut(new Setting(Setting.DNS, Bytes32.ZERO, json)));
                }
            }
            case 11 ->
                tailnet.apply(new Change.SettingPut(
                        new Setting(Setting.DERP_MAP, Bytes32.ZERO, TestTailnet.derpMap(900 + number % 3))));
            case 12 ->
                tailnet.apply(new Change.NodePut(node.toBuilder()
                        .givenName((random.nextBoolean() ? "bad name " : "good-") + id)
                        .build()));
            case 13, 14 -> tailnet.report(id, edit -> edit.online(random.nextBoolean()));
            case 15 -> tailnet.report(id, edit -> edit.endpoint("192.0.2." + number % 250 + ":41641"));
            case 16 -> tailnet.report(id, edit -> edit.disco(number));
            case 17 -> tailnet.report(id, edit -> edit.derp(900 + number % 3));
            case 18 -> tailnet.report(id, edit -> edit.host("{\"OS\":\"linux\",\"Hostname\":\"h" + number % 5 + "\"}"));
            default ->
                tailnet.report(
                        id,
                        edit -> edit.disco(number)
                                .endpoint("198.51.100.1:" + (number + 1))
                                .online(true));
        }
    }

    /** Made without views, fragments and logs. */
    private static Map<Integer, JsonNode> expected(TestTailnet tailnet, NodeId viewer) {
        Map<Integer, ObjectNode> peers = new TreeMap<>();
        CompiledPolicy policy = tailnet.state.policy();
        Node self = tailnet.image.node(viewer);
        for (Node node : tailnet.image.nodes().values()) {
            if (self == null
                    || node.id().equals(viewer)
                    || !policy.sees(policy.classOf(self), policy.classOf(node))
                    || !Names.isLabel(node.givenName())) {
                continue;
            }
            Presence presence = tailnet.presence.get(node.id());
            byte[] json = new PeerEntry(
                            node,
                            presence,
                            tailnet.state.dns().nameOf(node.givenName()),
                            tailnet.image.ownerOf(node).id().value(),
                            policy.addressesOf(policy.classOf(self), node),
                            policy.routesOf(policy.classOf(self), node),
                            policy.peerCapabilities(policy.classOf(self), node))
                    .json();
            peers.put((int) node.id().value(), (ObjectNode) TestTailnet.json(new String(json, StandardCharsets.UTF_8)));
        }
        return shown(peers);
    }

    /** LastSeen of an online node has no meaning, and a patch cannot take it away. */
    private static Map<Integer, JsonNode> shown(Map<Integer, ObjectNode> peers) {
        Map<Integer, JsonNode> shown = new TreeMap<>();
        peers.forEach((id, peer) -> {
            ObjectNode copy = peer.deepCopy();
            if (copy.get("Online").asBoolean()) {
                copy.remove("LastSeen");
            }
            shown.put(id, copy);
        });
        return shown;
    }

    /** The own entry carries presence only as of when it was sent. */
    private static JsonNode ownShown(@Nullable JsonNode own) {
        if (own == null) {
            throw new AssertionError("no own node");
        }
        ObjectNode copy = (ObjectNode) own.deepCopy();
        for (String name : List.of("DiscoKey", "Endpoints", "HomeDERP", "Hostinfo", "Cap", "Online", "LastSeen")) {
            copy.remove(name);
        }
        return copy;
    }
}
