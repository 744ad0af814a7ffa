package io.fleetscale.control.registration;

import static io.fleetscale.control.registration.Desk.authId;
import static io.fleetscale.control.registration.Desk.nodeKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.registration.Desk.Ask;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The table of headscale-surface 6.5: what a machine's nodes and its credential come to. */
class OwnershipTest {
    private final Desk desk = new Desk();
    private final User alice = desk.tailnet.user("alice");
    private final User bob = desk.tailnet.user("bob");

    @AfterEach
    void close() {
        desk.close();
    }

    private void ok(int key, String text) {
        assertThat(desk.register(1, Ask.of(key).key(text)).error()).isEmpty();
    }

    private Node approve(int key, String user, String... tags) {
        var login = desk.register(1, Ask.of(key).tags(tags));
        return TestTailnet.get(desk.approvals.register(user, authId(login)));
    }

    @Test
    void nothingAndAUserKeyMakeAnOwnedNode() {
        ok(1, desk.key(alice.id(), true));
        assertThat(desk.onlyNode().userId()).isEqualTo(alice.id());
        assertThat(desk.onlyNode().tags()).isEmpty();
    }

    @Test
    void nothingAndATaggedKeyMakeATaggedNodeWithoutExpiry() {
        desk.tailnet.defaultExpiry(Duration.ofDays(90));
        ok(1, desk.key(alice.id(), true, "tag:b", "tag:a", "tag:b"));
        assertThat(desk.onlyNode().tags()).containsExactly("tag:a", "tag:b");
        assertThat(desk.onlyNode().userId()).isNull();
        assertThat(desk.onlyNode().expiry()).isNull();
    }

    @Test
    void theSameUserKeepsTheNode() {
        ok(1, desk.key(alice.id(), true));
        Node first = desk.onlyNode();
        ok(2, desk.key(alice.id(), true));
        assertThat(desk.onlyNode().id()).isEqualTo(first.id());
        approve(3, "alice");
        assertThat(desk.onlyNode().id()).isEqualTo(first.id());
        assertThat(desk.onlyNode().addresses()).isEqualTo(first.addresses());
        assertThat(desk.onlyNode().nodeKey()).isEqualTo(nodeKey(3));
    }

    @Test
    void anotherUserGetsANodeOfItsOwn() {
        ok(1, desk.key(alice.id(), true));
        ok(2, desk.key(bob.id(), true));
        assertThat(desk.node(1).userId()).isEqualTo(alice.id());
        assertThat(desk.node(2).userId()).isEqualTo(bob.id());
        assertThat(desk.node(2).addresses()).isNotEqualTo(desk.node(1).addresses());
        desk.tailnet.user("carol");
        assertThat(approve(3, "carol").id().value()).isEqualTo(3);
    }

    @Test
    void aUserKeyLeavesATaggedNodeTagged() {
        ok(1, desk.key(null, true, "tag:srv"));
        ok(2, desk.key(bob.id(), true));
        assertThat(desk.onlyNode().tags()).containsExactly("tag:srv");
        assertThat(desk.onlyNode().userId()).isNull();
        assertThat(desk.onlyNode().nodeKey()).isEqualTo(nodeKey(2));
    }

    @Test
    void aLoginWithoutTagsMakesATaggedNodeTheUsers() {
        desk.tailnet.defaultExpiry(Duration.ofDays(90));
        ok(1, desk.key(null, true, "tag:srv"));
        Node node = approve(2, "alice");
        assertThat(node.id().value()).isEqualTo(1);
        assertThat(node.userId()).isEqualTo(alice.id());
        assertThat(node.tags()).isEmpty();
        assertThat(node.expiry()).isEqualTo(desk.tailnet.now().plus(Duration.ofDays(90)));
    }

    @Test
    void aLoginWithPermittedTagsReplacesThem() {
        desk.tagOwners.put("tag:new", Desk.owners("alice"));
        ok(1, desk.key(null, true, "tag:srv"));
        assertThat(approve(2, "alice", "tag:new").tags()).containsExactly("tag:new");
        assertThat(desk.onlyNode().userId()).isNull();
    }

    @Test
    void aTaggedKeyConvertsTheOneOwnedNodeAndMustBeValid() {
        ok(1, desk.key(alice.id(), true));
        String once = desk.key(null, false, "tag:srv");
        assertThat(desk.register(2, Ask.of(9).key(once)).error()).isEmpty();
        assertThat(desk.register(1, Ask.of(1).key(once)).error()).isEqualTo("authkey already used");
        assertThat(desk.node(1).userId()).isEqualTo(alice.id());
        ok(1, desk.key(null, false, "tag:srv"));
        assertThat(desk.node(1).tags()).containsExactly("tag:srv");
        assertThat(desk.node(1).userId()).isNull();
    }

    @Test
    void aTaggedKeyForSeveralOwnedNodesIsAmbiguous() {
        ok(1, desk.key(alice.id(), true));
        ok(2, desk.key(bob.id(), true));
        String key = desk.key(null, false, "tag:srv");
        assertThat(desk.register(1, Ask.of(3).key(key)).error())
                .isEqualTo("machine key maps to ambiguous node ownership");
        assertThat(desk.tailnet.image().preAuthKeys().values())
                .filteredOn(stored -> !stored.reusable())
                .noneMatch(stored -> stored.used());
    }

    @Test
    void aLoginOnAMachineWithTaggedAndOwnedNodesIsAmbiguous() {
        ok(1, desk.key(alice.id(), true));
        ok(2, desk.key(bob.id(), true));
        desk.tailnet.apply(new Change.NodePut(
                desk.node(2).toBuilder().userId(null).tags(List.of("tag:x")).build()));
        assertThatThrownBy(() -> approve(3, "alice")).hasMessage("machine key maps to ambiguous node ownership");
    }
}
