package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.User;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class NetmapTest {
    private final TestTailnet tailnet = new TestTailnet(AllowAllPolicy::compile);

    @Test
    void firstMapHasAllThatAClientNeeds() {
        User alice = tailnet.addUser("alice");
        Node self = tailnet.addNode(node -> node);
        Node peer = tailnet.addNode(node ->
                node.tags(List.of()).userId(alice.id()).hostname("laptop").givenName("laptop"));
        tailnet.report(
                peer.id(),
                edit -> edit.disco(7)
                        .endpoint("198.51.100.7:41641")
                        .derp(901)
                        .host("{\"OS\":\"macOS\",\"Hostname\":\"laptop\"}")
                        .online(true));

        JsonNode map = tailnet.full(self.id());

        assertThat(map.at("/Node/Name").asString()).isEqualTo("host1.tailnet.example.");
        assertThat(map.at("/Node/MachineAuthorized").asBoolean()).isTrue();
        assertThat(map.at("/Node/Machine").asString()).startsWith("mkey:");
        assertThat(map.at("/Node/CapMap/default-auto-update")).isEqualTo(TestTailnet.json("[false]"));
        assertThat(map.at("/Node/CapMap").has("https://tailscale.com/cap/ssh")).isTrue();
        assertThat(map.get("Peers")).isEqualTo(TestTailnet.json("""
                        [{"ID":2,"StableID":"n2stable","Name":"laptop.tailnet.example.","User":1,"Key":"%s",
                          "DiscoKey":"%s","Addresses":["100.64.0.2/32","fd7a:115c:a1e0::2/128"],
                          "AllowedIPs":["100.64.0.2/32","fd7a:115c:a1e0::2/128"],"Endpoints":["198.51.100.7:41641"],
                          "HomeDERP":901,"Hostinfo":{"OS":"macOS","Hostname":"laptop"},"Created":"2026-08-22T15:48:56Z",
                          "Cap":145,"Online":true,"MachineAuthorized":true}]""".formatted(
                        peer.nodeKey(), tailnet.presence.get(peer.id()).discoKey())));
        assertThat(map.get("UserProfiles")).isEqualTo(TestTailnet.json("""
                        [{"ID":1,"LoginName":"alice","DisplayName":"alice"},
                         {"ID":2147455555,"LoginName":"tagged-devices","DisplayName":"Tagged Devices"}]"""));
        assertThat(map.get("PacketFilters")).isEqualTo(TestTailnet.json("""
                        {"*":null,"base":[{"SrcIPs":["*"],"DstPorts":[{"IP":"*","Ports":{"First":0,"Last":65535}}]}]}"""));
        assertThat(map.get("DNSConfig")).isEqualTo(TestTailnet.json("""
                        {"Proxied":true,"Domains":["tailnet.example"],"Routes":{"tailnet.example":[]},
                         "Resolvers":[{"Addr":"192.0.2.53"}]}"""));
        assertThat(map.at("/DERPMap/Regions/901/Nodes/0/HostName").asString()).isEqualTo("derp.example.com");
        assertThat(map.get("Domain").asString()).isEqualTo("tailnet.example");
        assertThat(map.get("CollectServices")).isEqualTo(TestTailnet.json("false"));
        assertThat(map.at("/Debug/DisableLogTail").asBoolean()).isTrue();
        assertThat(map.get("ControlTime").asString()).isEqualTo("2026-08-22T15:48:56Z");
        assertThat(map.has("SSHPolicy")).isFalse();
    }

    @Test
    void aLargeMapIsTheSameInPiecesAndPlain() {
        List<Integer> others = new ArrayList<>();
        for (int i = 1; i <= 500; i++) {
            tailnet.addNode(node -> node);
            others.add(i);
        }
        others.remove(Integer.valueOf(200));
        NodeId viewer = new NodeId(200);
        MapFeed.Full plain = tailnet.feed.full(tailnet.state, viewer, false);

        assertThat(TestTailnet.ids(tailnet.full(viewer).get("Peers"))).isEqualTo(others);
        assertThat(plain).isNotNull();
        if (plain != null) {
            assertThat(TestTailnet.read(plain.message(), false)).isEqualTo(tailnet.full(viewer));
        }
    }

    @Test
    void fragmentsAreCompressedOnceForAllViewers() {
        for (int i = 0; i < 1_000; i++) {
            tailnet.addNode(node -> node);
        }
        tailnet.full(new NodeId(1));
        tailnet.full(new NodeId(999));
        long shared = tailnet.encoder.sharedFrames();

        for (int i = 1; i < 100; i++) {
            tailnet.full(new NodeId(i));
        }

        assertThat(tailnet.encoder.sharedFrames()).isEqualTo(shared);
    }

    @Test
    void aChangeIsEncodedOnceForAllSessions() {
        for (int i = 0; i < 50; i++) {
            tailnet.addNode(node -> node);
        }
        tailnet.report(new NodeId(45), edit -> edit.derp(1));
        List<MapCursor> cursors = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            cursors.add(tailnet.requireFull(new NodeId(i)).cursor());
        }
        long shared = tailnet.encoder.sharedFrames();
        long single = tailnet.encoder.singleFrames();

        tailnet.report(new NodeId(45), edit -> edit.endpoint("192.0.2.1:1"));
        List<MapMessage> sent = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            sent.add(message(cursors.get(i - 1), new NodeId(i)));
        }

        assertThat(sent).allMatch(message -> message == sent.getFirst());
        assertThat(tailnet.encoder.sharedFrames()).isEqualTo(shared + 1);
        assertThat(tailnet.encoder.singleFrames()).isEqualTo(single);
        assertThat(TestTailnet.read(sent.getFirst(), true))
                .isEqualTo(
                        TestTailnet.json("{\"PeersChangedPatch\":[{\"NodeID\":45,\"Endpoints\":[\"192.0.2.1:1\"]}]}"));
    }

    @Test
    void deltasAreMinimal() {
        tailnet.addNode(node -> node);
        Node peer = tailnet.addNode(node -> node);
        tailnet.report(peer.id(), edit -> edit.disco(1).derp(901).online(true));
        MapCursor cursor = tailnet.requireFull(new NodeId(1)).cursor();

        tailnet.report(peer.id(), edit -> edit.derp(902).endpoint("192.0.2.1:7"));
        assertThat(delta(cursor))
                .isEqualTo(TestTailnet.json(
                        "{\"PeersChangedPatch\":[{\"NodeID\":2,\"DERPRegion\":902,\"Endpoints\":[\"192.0.2.1:7\"]}]}"));

        cursor = tailnet.requireFull(new NodeId(1)).cursor();
        tailnet.report(peer.id(), edit -> edit.disco(2));
        assertThat(delta(cursor))
                .isEqualTo(TestTailnet.json("{\"PeersChangedPatch\":[{\"NodeID\":2,\"DiscoKey\":\""
                        + tailnet.presence.get(peer.id()).discoKey() + "\",\"Online\":true}]}"));

        cursor = tailnet.requireFull(new NodeId(1)).cursor();
        tailnet.report(peer.id(), edit -> edit.online(false));
        assertThat(delta(cursor))
                .isEqualTo(
                        TestTailnet.json(
                                "{\"PeersChangedPatch\":[{\"NodeID\":2,\"Online\":false,\"LastSeen\":\"2026-08-22T15:48:56Z\"}]}"));

        cursor = tailnet.requireFull(new NodeId(1)).cursor();
        tailnet.apply(new Change.NodePut(peer.toBuilder().givenName("renamed").build()));
        JsonNode renamed = delta(cursor);
        assertThat(renamed.propertyNames()).containsExactly("PeersChanged");
        assertThat(renamed.at("/PeersChanged/0/Name").asString()).isEqualTo("renamed.tailnet.example.");

        cursor = tailnet.requireFull(new NodeId(1)).cursor();
        tailnet.apply(new Change.NodeRemoved(peer.id()));
        assertThat(delta(cursor)).isEqualTo(TestTailnet.json("{\"PeersRemoved\":[2]}"));
    }

    @Test
    void whatANodeCannotNoticeIsNotSent() {
        Node self = tailnet.addNode(node -> node);
        tailnet.addNode(node -> node);
        MapCursor cursor = tailnet.requireFull(self.id()).cursor();

        tailnet.report(self.id(), edit -> edit.disco(4).endpoint("192.0.2.1:7").online(true));

        assertThat(tailnet.feed.next(tailnet.state, cursor, self.id(), true)).isInstanceOf(MapFeed.Next.Nothing.class);
    }

    @Test
    void aNewOwnerComesWithItsProfile() {
        Node self = tailnet.addNode(node -> node);
        MapCursor cursor = tailnet.requireFull(self.id()).cursor();
        User bob = tailnet.addUser("bob");

        tailnet.addNode(node -> node.tags(List.of()).userId(bob.id()));

        JsonNode delta = delta(cursor);
        assertThat(delta.propertyNames()).containsExactlyInAnyOrder("PeersChanged", "UserProfiles");
        assertThat(delta.at("/UserProfiles/0/LoginName").asString()).isEqualTo("bob");
    }

    @Test
    void selfChangesReachTheNodeItself() {
        Node self = tailnet.addNode(node -> node);
        MapCursor cursor = tailnet.requireFull(self.id()).cursor();

        tailnet.apply(new Change.NodePut(
                self.toBuilder().expiry(TestTailnet.NOW.plusSeconds(60)).build()));

        JsonNode delta = delta(cursor);
        assertThat(delta.propertyNames()).containsExactly("Node");
        assertThat(delta.at("/Node/KeyExpiry").asString()).isEqualTo("2026-08-22T15:49:56Z");
    }

    @Test
    void oneBadNodeDoesNotSpoilTheOthersMap() {
        Node bad = tailnet.addNode(node -> node.givenName("has space"));
        tailnet.addNode(node -> node);
        Node odd = tailnet.addNode(node -> node);
        tailnet.report(odd.id(), edit -> edit.endpoint("[fe80::1]:0"));

        JsonNode map = tailnet.full(new NodeId(2));

        assertThat(TestTailnet.ids(map.get("Peers"))).containsExactly(3);
        assertThat(map.at("/Peers/0/Endpoints")).isEmpty();
        assertThat(tailnet.draft.unusable()).containsOnlyKeys(bad.id());
        assertThat(tailnet.full(bad.id()).at("/Node/Name").asString()).isEqualTo("node-1.tailnet.example.");
    }

    @Test
    void aSessionThatIsTooFarBehindNeedsAFullMap() {
        Node self = tailnet.addNode(node -> node);
        Node peer = tailnet.addNode(node -> node);
        MapCursor cursor = tailnet.requireFull(self.id()).cursor();
        for (int i = 0; i <= NoticeLog.MAX_ENTRIES; i++) {
            int derp = 1 + i % 2;
            tailnet.report(peer.id(), edit -> edit.derp(derp));
        }

        assertThat(tailnet.feed.next(tailnet.state, cursor, self.id(), true))
                .isInstanceOf(MapFeed.Next.NeedsFull.class);
    }

    @Test
    void aRemovedNodesSessionEnds() {
        Node self = tailnet.addNode(node -> node);
        tailnet.addNode(node -> node);
        MapCursor cursor = tailnet.requireFull(self.id()).cursor();

        tailnet.apply(new Change.NodeRemoved(self.id()));

        assertThat(tailnet.feed.next(tailnet.state, cursor, self.id(), true)).isInstanceOf(MapFeed.Next.Gone.class);
    }

    @Test
    void aNodeThatWaitsForApprovalSeesNobodyAndIsSeenByNobody() {
        Node self = tailnet.addNode(node -> node);
        Node peer = tailnet.addNode(node -> node);
        MapCursor ofPeer = tailnet.requireFull(peer.id()).cursor();

        tailnet.apply(new Change.NodePut(self.toBuilder().needsApproval(true).build()));

        MapFeed.Full waiting = tailnet.requireFull(self.id());
        assertThat(waiting.hasPeers()).isFalse();
        String map = TestTailnet.read(waiting.message(), true).toString();
        assertThat(map).contains("\"MachineAuthorized\":false").contains("\"Peers\":[]");
        assertThat(tailnet.requireFull(peer.id()).hasPeers()).isFalse();
        assertThat(tailnet.feed.next(tailnet.state, ofPeer, peer.id(), true)).isInstanceOf(MapFeed.Next.Send.class);
        assertThat(tailnet.feed.next(tailnet.state, waiting.cursor(), self.id(), true))
                .isInstanceOf(MapFeed.Next.Nothing.class);

        tailnet.apply(new Change.NodePut(self));

        assertThat(tailnet.feed.next(tailnet.state, waiting.cursor(), self.id(), true))
                .isInstanceOf(MapFeed.Next.NeedsFull.class);
        assertThat(tailnet.requireFull(self.id()).hasPeers()).isTrue();
    }

    @Test
    void aNodeThatLosesItsApprovalGetsAMapAnew() {
        Node self = tailnet.addNode(node -> node);
        tailnet.addNode(node -> node);
        MapCursor cursor = tailnet.requireFull(self.id()).cursor();

        tailnet.apply(new Change.NodePut(self.toBuilder().needsApproval(true).build()));

        assertThat(tailnet.feed.next(tailnet.state, cursor, self.id(), true))
                .isInstanceOf(MapFeed.Next.NeedsFull.class);
    }

    @Test
    void aNewcomerIsShownWhenItCanBeReachedOrTheTimeIsOver() {
        AtomicLong nanos = new AtomicLong();
        TestTailnet holding = new TestTailnet(AllowAllPolicy::compile, Duration.ofSeconds(1), nanos::get);
        Node first = holding.addNode(node -> node);
        Node second = holding.addNode(node -> node);
        Node third = holding.addNode(node -> node);
        assertThat(TestTailnet.ids(holding.full(first.id()).get("Peers"))).isEmpty();

        holding.report(second.id(), edit -> edit.disco(1).derp(901));
        assertThat(TestTailnet.ids(holding.full(first.id()).get("Peers"))).containsExactly(2);

        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        holding.draft.releaseOverdue();
        holding.publish();
        assertThat(TestTailnet.ids(holding.full(first.id()).get("Peers")))
                .containsExactly(2, (int) third.id().value());
    }

    @Test
    void keepAlivesAreNeverTheBareForm() {
        assertThat(TestTailnet.read(tailnet.feed.keepAlive(true, null), true))
                .isEqualTo(TestTailnet.json("{\"KeepAlive\":true,\"ControlTime\":\"2026-08-22T15:48:56Z\"}"));
    }

    private JsonNode delta(MapCursor cursor) {
        return TestTailnet.read(message(cursor, new NodeId(1)), true);
    }

    private MapMessage message(MapCursor cursor, NodeId viewer) {
        if (tailnet.feed.next(tailnet.state, cursor, viewer, true) instanceof MapFeed.Next.Send send) {
            return send.message();
        }
        throw new AssertionError("nothing to send");
    }
}
