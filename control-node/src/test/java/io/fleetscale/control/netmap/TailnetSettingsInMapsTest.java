package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.AllowAllPolicy;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserStatus;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What nodes see of the settings of the tailnet. Source: tailscale-api-v2 8.8. */
class TailnetSettingsInMapsTest {
    private static final String FLOW_LOGS = "https://tailscale.com/cap/data-plane-audit-logs";

    private final TestTailnet tailnet = new TestTailnet(AllowAllPolicy::compile);
    private final Node self = tailnet.addNode(node -> node);
    private final Node peer = tailnet.addNode(node -> node);

    private void set(String member, String value) {
        TailnetSettings now = TailnetSettings.of(tailnet.image);
        String json = now.toJson().replaceFirst("\"" + member + "\":[a-z]+", "\"" + member + "\":" + value);
        tailnet.apply(TailnetSettings.fromJson(json).put());
    }

    private JsonNode delta(MapCursor cursor, Node viewer) {
        if (tailnet.feed.next(tailnet.state, cursor, viewer.id(), true) instanceof MapFeed.Next.Send send) {
            return TestTailnet.read(send.message(), true);
        }
        throw new AssertionError("nothing to send");
    }

    @Test
    void flowLogsComeAndGoInRunningSessions() {
        MapCursor before = tailnet.requireFull(self.id()).cursor();
        assertThat(tailnet.full(self.id()).has("DomainDataPlaneAuditLogID")).isFalse();

        set("networkFlowLoggingOn", "true");

        for (JsonNode map : new JsonNode[] {delta(before, self), tailnet.full(self.id())}) {
            assertThat(map.at("/Node/CapMap").has(FLOW_LOGS)).isTrue();
            assertThat(map.at("/Node/DataPlaneAuditLogID").asString())
                    .isEqualTo(TestTailnet.FLOW_LOGS.ofNode(self.id()));
            assertThat(map.path("DomainDataPlaneAuditLogID").asString()).isEqualTo(TestTailnet.FLOW_LOGS.ofTailnet());
            assertThat(map.path("Peers").toString()).doesNotContain("AuditLogID");
        }
        assertThat(tailnet.full(peer.id()).at("/Node/DataPlaneAuditLogID").asString())
                .isEqualTo(TestTailnet.FLOW_LOGS.ofNode(peer.id()));
        MapCursor on = tailnet.requireFull(self.id()).cursor();

        set("networkFlowLoggingOn", "false");

        JsonNode node = delta(on, self).path("Node");
        assertThat(node.path("CapMap").has(FLOW_LOGS)).isFalse();
        assertThat(node.has("DataPlaneAuditLogID")).isFalse();
    }

    /** The default is the configuration's until somebody sets it. */
    @Test
    void autoUpdatesFollowTheSetting() {
        assertThat(tailnet.full(self.id()).at("/Node/CapMap/default-auto-update"))
                .isEqualTo(TestTailnet.json("[false]"));
        MapCursor before = tailnet.requireFull(self.id()).cursor();

        set("devicesAutoUpdatesOn", "true");

        assertThat(delta(before, self).at("/Node/CapMap/default-auto-update")).isEqualTo(TestTailnet.json("[true]"));
        assertThat(tailnet.full(peer.id()).at("/Node/CapMap/default-auto-update"))
                .isEqualTo(TestTailnet.json("[true]"));
    }

    /** For nodes whose names lie in the zone that the server writes to. */
    @Test
    void namesForCertificatesComeWithTheSetting() {
        MapCursor before = tailnet.requireFull(self.id()).cursor();
        assertThat(tailnet.full(self.id()).at("/DNSConfig").has("CertDomains")).isFalse();

        set("httpsEnabled", "true");

        for (JsonNode map : new JsonNode[] {delta(before, self), tailnet.full(self.id())}) {
            assertThat(map.at("/Node/CapMap").has("https")).isTrue();
            assertThat(map.at("/DNSConfig/CertDomains")).isEqualTo(TestTailnet.json("[\"host1.tailnet.example\"]"));
        }
    }

    @Test
    void settingsThatNodesCannotSeeAreNotSent() {
        MapCursor before = tailnet.requireFull(self.id()).cursor();

        set("devicesApprovalOn", "true");

        assertThat(tailnet.feed.next(tailnet.state, before, self.id(), true)).isInstanceOf(MapFeed.Next.Nothing.class);
    }

    /** A user who came while approval is on: the devices see nobody and nobody sees them until an administrator agrees. */
    @Test
    void theNodesOfAUserWhoWaitsForApprovalAreAlone() {
        User waiting = tailnet.addUser("newcomer").withStatus(UserStatus.NEEDS_APPROVAL);
        tailnet.apply(new Change.UserPut(waiting));
        Node alone = tailnet.addNode(node -> node.tags(List.of()).userId(waiting.id()));

        assertThat(tailnet.full(alone.id()).at("/Node/MachineAuthorized").asBoolean())
                .isFalse();
        assertThat(tailnet.full(alone.id()).path("Peers").size()).isZero();
        assertThat(TestTailnet.ids(tailnet.full(self.id()).path("Peers"))).containsExactly(2);
        MapCursor before = tailnet.requireFull(self.id()).cursor();

        tailnet.apply(new Change.UserPut(waiting.withStatus(UserStatus.ACTIVE)));

        assertThat(tailnet.full(alone.id()).at("/Node/MachineAuthorized").asBoolean())
                .isTrue();
        assertThat(TestTailnet.ids(tailnet.full(alone.id()).path("Peers"))).containsExactly(1, 2);
        assertThat(TestTailnet.ids(delta(before, self).path("PeersChanged"))).containsExactly(3);
    }
}
