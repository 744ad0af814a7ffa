package io.fleetscale.control.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodesTest {
    private static final NodeId ID = new NodeId(1);
    private static final NodeId MISSING = new NodeId(77);
    private static final TagOwners KNOWS_A = new TagOwners() {
        @Override
        public boolean exists(TailnetImage image, String tag) {
            return tag.equals("tag:a");
        }

        @Override
        public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
            return false;
        }
    };

    private final TestTailnet tailnet = TestTailnet.create();
    private final User alice = tailnet.user("alice");
    private final Nodes nodes = new Nodes(tailnet, KNOWS_A);

    @BeforeEach
    void addNode() {
        byte[] key = new byte[32];
        key[0] = 1;
        tailnet.apply(new Change.NodePut(Node.builder(ID, MachineKey.of(key), NodeKey.of(key), "n1", tailnet.now())
                .userId(alice.id())
                .hostname("Host")
                .givenName("host")
                .ipv4(IpAddress.parse("100.64.0.9"))
                .build()));
    }

    private Node node() {
        return Nodes.require(tailnet.image(), ID);
    }

    @Test
    void tagsReplaceTheOwnerAndMustBeDefined() {
        assertThatThrownBy(() -> TestTailnet.get(nodes.setTags(ID, List.of())))
                .hasMessage("cannot remove all tags from a node - tagged nodes must have at least one tag");
        assertThatThrownBy(() -> TestTailnet.get(nodes.setTags(ID, List.of("a"))))
                .hasMessage("tag must start with the string 'tag:'");
        assertThatThrownBy(() -> TestTailnet.get(nodes.setTags(ID, List.of("tag:A"))))
                .hasMessage("tag should be lowercase");
        assertThatThrownBy(() -> TestTailnet.get(nodes.setTags(ID, List.of("tag:a b"))))
                .hasMessage("tags must not contain spaces");
        assertThatThrownBy(() -> TestTailnet.get(nodes.setTags(MISSING, List.of("tag:a"))))
                .hasMessage("node not found");
        assertThatThrownBy(() -> TestTailnet.get(nodes.setTags(ID, List.of("tag:x", "tag:a", "tag:y"))))
                .hasMessage("requested tags [tag:x tag:y] are invalid or not permitted");
        assertThat(TestTailnet.get(nodes.setTags(ID, List.of("tag:a", "tag:a"))).tags())
                .containsExactly("tag:a");
        assertThat(node().userId()).isNull();
        assertThat(TestTailnet.get(nodes.list("alice"))).isEmpty();
        assertThat(TestTailnet.get(nodes.list(""))).hasSize(1);
    }

    @Test
    void approvedRoutesAreSortedAndExitRoutesStandForBoth() {
        Node changed = TestTailnet.get(nodes.setApprovedRoutes(ID, List.of("10.1.2.3/8", "::/0", "10.0.0.0/8")));
        assertThat(changed.approvedRoutes()).hasToString("[0.0.0.0/0, 10.0.0.0/8, 10.1.2.3/8, ::/0]");
        assertThatThrownBy(() -> TestTailnet.get(nodes.setApprovedRoutes(ID, List.of("x"))))
                .hasMessage("parsing route: netip.ParsePrefix(\"x\"): no '/'");
        assertThatThrownBy(() -> TestTailnet.get(nodes.setApprovedRoutes(MISSING, List.of())))
                .hasMessage("node no longer exists in NodeStore: 77");
        tailnet.apply(new Change.PrimaryPut(IpPrefix.parse("10.0.0.0/8"), ID));
        assertThat(TestTailnet.get(nodes.setApprovedRoutes(ID, List.of())).approvedRoutes())
                .isEmpty();
        assertThat(tailnet.image().primaries()).isEmpty();
    }

    @Test
    void theClockMarksExpiredNodesOnce() {
        TestTailnet.get(nodes.expire(ID, new ExpiryChange.At(tailnet.now().plusSeconds(60))));
        assertThat(TestTailnet.get(nodes.markExpired())).isEmpty();
        tailnet.pass(Duration.ofMinutes(2));
        assertThat(TestTailnet.get(nodes.markExpired())).containsExactly(ID);
        long version = tailnet.image().version();
        assertThat(TestTailnet.get(nodes.markExpired())).isEmpty();
        assertThat(tailnet.image().version()).isEqualTo(version);
        assertThat(node().expired()).isTrue();
    }

    @Test
    void backfillAddsAndRemovesFamilies() {
        assertThatThrownBy(() -> TestTailnet.get(nodes.backfillAddresses(false)))
                .hasMessage("not confirmed, aborting");
        assertThat(TestTailnet.get(nodes.backfillAddresses(true)))
                .containsExactly("assigned IPv6 \"fd7a:115c:a1e0::1\" to Node(1) \"Host\"");
        tailnet.set("prefixes", "{\"v6\":\"fd7a:115c:a1e0::/48\"}");
        assertThat(TestTailnet.get(nodes.backfillAddresses(true)))
                .containsExactly("removing IPv4 \"100.64.0.9\" from Node(1) \"Host\"");
        assertThat(node().addresses()).hasToString("[fd7a:115c:a1e0::1]");
        assertThat(TestTailnet.get(nodes.backfillAddresses(true))).isEmpty();
    }

    @Test
    void deletingFreesEverything() {
        tailnet.apply(new Change.PrimaryPut(IpPrefix.parse("10.0.0.0/8"), ID));
        TestTailnet.get(nodes.delete(ID));
        assertThat(tailnet.image().addresses()).isEmpty();
        assertThat(tailnet.image().primaries()).isEmpty();
        assertThatThrownBy(() -> TestTailnet.get(nodes.delete(ID))).hasMessage("node not found");
        assertThatThrownBy(() -> TestTailnet.get(nodes.expire(ID, new ExpiryChange.Now())))
                .hasMessage("node no longer exists in NodeStore: 1");
    }
}
