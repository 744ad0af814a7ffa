package io.fleetscale.control.registration;

import static io.fleetscale.control.registration.Desk.LOGOUT;
import static io.fleetscale.control.registration.Desk.authId;
import static io.fleetscale.control.registration.Desk.nodeKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.node.ExpiryChange;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.registration.Desk.Ask;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.tailcfg.RegisterResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What went wrong in the field with registration; the numbers are those of the project's list of field cases. */
class FieldCasesTest {
    private final Desk desk = new Desk();
    private final User alice = desk.tailnet.user("alice");
    private final User bob = desk.tailnet.user("bob");

    @AfterEach
    void close() {
        desk.close();
    }

    private PreAuthKey stored(long id) {
        PreAuthKey key = desk.tailnet.image().preAuthKeys().get(new PreAuthKeyId(id));
        assertThat(key).isNotNull();
        return key;
    }

    @Test
    void f013TheSameKeyAtEachStartWorksWhateverBecameOfIt() {
        String key = desk.key(alice.id(), false);
        desk.register(1, Ask.of(1).key(key));
        Node node = desk.onlyNode();
        assertThat(desk.register(1, Ask.of(1).key(key)).error()).isEmpty();
        assertThat(desk.register(2, Ask.of(2).key(key)).error()).isEqualTo("authkey already used");
        desk.tailnet.pass(Duration.ofHours(2));
        assertThat(desk.register(1, Ask.of(1).key(key)).error()).isEmpty();
        assertThat(desk.register(2, Ask.of(2).key(key)).error()).isEqualTo("authkey expired");
        TestTailnet.get(desk.keys.delete(new PreAuthKeyId(1)));
        assertThat(desk.register(1, Ask.of(1).key(key)).error()).isEmpty();
        assertThat(desk.register(2, Ask.of(2).key(key)).error()).isEqualTo("invalid pre auth key");
        assertThat(desk.onlyNode())
                .isEqualTo(node.toBuilder().preAuthKeyId(null).build());
    }

    @Test
    void f014AnExpiredNodeNeedsAFreshKey() {
        String key = desk.key(alice.id(), false);
        desk.register(1, Ask.of(1).key(key));
        Node node = desk.onlyNode();
        TestTailnet.get(desk.nodes.expire(node.id(), new ExpiryChange.Now()));
        assertThat(desk.register(1, Ask.of(1).key(key)).error()).isEqualTo("authkey already used");
        assertThat(desk.register(1, Ask.of(2).key(key)).error()).isEqualTo("authkey already used");
        assertThat(desk.onlyNode().expired()).isTrue();
        assertThat(desk.register(1, Ask.of(1).key(desk.key(alice.id(), false))).error())
                .isEmpty();
        assertThat(desk.onlyNode().id()).isEqualTo(node.id());
        assertThat(desk.onlyNode().addresses()).isEqualTo(node.addresses());
        assertThat(desk.onlyNode().givenName()).isEqualTo(node.givenName());
        assertThat(desk.onlyNode().expired()).isFalse();
    }

    @Test
    void f015ARestartKeepsTheExpiry() {
        desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)));
        desk.register(2, Ask.of(2).key(desk.key(alice.id(), true)).expiry(TestTailnet.START.plus(Duration.ofDays(3))));
        desk.register(3, Ask.of(3).key(desk.key(null, true, "tag:a")));
        for (int i = 0; i < 2; i++) {
            desk.tailnet.pass(Duration.ofHours(1));
            for (int machine = 1; machine <= 3; machine++) {
                assertThat(desk.register(machine, Ask.of(machine)).error()).isEmpty();
            }
        }
        assertThat(desk.node(1).expiry()).isNull();
        assertThat(desk.node(2).expiry()).isEqualTo(TestTailnet.START.plus(Duration.ofDays(3)));
        assertThat(desk.node(3).expiry()).isNull();
    }

    @Test
    void f016ALoginAfterLogoutIsTheSameNode() {
        desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)));
        TestTailnet.get(desk.nodes.setApprovedRoutes(desk.onlyNode().id(), List.of("10.0.0.0/24")));
        Node before = desk.onlyNode();
        desk.register(1, Ask.of(1).expiry(LOGOUT));
        RegisterResponse login = desk.register(1, Ask.of(2));
        TestTailnet.get(desk.approvals.register("alice", authId(login)));
        Node after = desk.onlyNode();
        assertThat(after.id()).isEqualTo(before.id());
        assertThat(after.stableId()).isEqualTo(before.stableId());
        assertThat(after.addresses()).isEqualTo(before.addresses());
        assertThat(after.givenName()).isEqualTo(before.givenName());
        assertThat(after.approvedRoutes()).isEqualTo(before.approvedRoutes());
        assertThat(desk.tailnet.image().nodeByKey(nodeKey(1))).isNull();
    }

    @Test
    void f017TheSameMachineUnderAnotherUserIsAnotherNode() {
        desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)));
        desk.register(1, Ask.of(1).expiry(LOGOUT));
        desk.register(1, Ask.of(2).key(desk.key(bob.id(), true)));
        assertThat(desk.node(1).userId()).isEqualTo(alice.id());
        assertThat(desk.node(1).expired()).isTrue();
        assertThat(desk.node(2).userId()).isEqualTo(bob.id());

        desk.register(3, Ask.of(3).key(desk.key(null, true, "tag:srv")));
        desk.register(3, Ask.of(4).key(desk.key(bob.id(), true)));
        assertThat(desk.node(3).tags()).containsExactly("tag:srv");
        assertThat(desk.node(3).userId()).isNull();
        assertThat(desk.tailnet.image().nodes()).hasSize(3);
    }

    @Test
    void f018AKeyWithOtherTagsReplacesTheTagsAndIsSpent() {
        desk.register(1, Ask.of(1).key(desk.key(null, false, "tag:blue")));
        Node before = desk.onlyNode();
        assertThat(desk.register(1, Ask.of(2).key(desk.key(null, false, "tag:green")))
                        .error())
                .isEmpty();
        assertThat(desk.onlyNode().tags()).containsExactly("tag:green");
        assertThat(desk.onlyNode().id()).isEqualTo(before.id());
        assertThat(desk.onlyNode().addresses()).isEqualTo(before.addresses());
        assertThat(stored(2).used()).isTrue();
    }

    @Test
    void f019TagsOfALoginAreThoseThatTheUserOwns() {
        desk.tailnet.defaultExpiry(Duration.ofDays(90));
        desk.tagOwners.put("tag:a", Desk.owners("alice"));
        desk.tagOwners.put("tag:b", Desk.owners("alice"));
        desk.tagOwners.put("tag:c", Desk.owners("bob"));
        desk.register(1, Ask.of(1).key(desk.key(null, true, "tag:a")));

        RegisterResponse both = desk.register(1, Ask.of(2).tags("tag:a", "tag:b"));
        TestTailnet.get(desk.approvals.register("alice", authId(both)));
        assertThat(desk.onlyNode().tags()).containsExactly("tag:a", "tag:b");
        assertThat(desk.onlyNode().expiry()).isNull();

        Node before = desk.onlyNode();
        RegisterResponse foreign = desk.register(1, Ask.of(3).tags("tag:c"));
        assertThatThrownBy(() -> TestTailnet.get(desk.approvals.register("alice", authId(foreign))))
                .hasMessage("requested tags [tag:c] are invalid or not permitted");
        assertThat(desk.onlyNode()).isEqualTo(before);
        assertThat(desk.register(1, Ask.of(2)).error()).isEmpty();

        RegisterResponse none = desk.register(1, Ask.of(4));
        TestTailnet.get(desk.approvals.register("alice", authId(none)));
        assertThat(desk.onlyNode().id()).isEqualTo(before.id());
        assertThat(desk.onlyNode().userId()).isEqualTo(alice.id());
        assertThat(desk.onlyNode().expiry()).isEqualTo(desk.tailnet.now().plus(Duration.ofDays(90)));
    }

    @Test
    void f020TagsOfAKeyNeedNoUserAndCannotBeExtendedByTheClient() {
        String key = desk.key(null, false, "tag:infra");
        assertThatThrownBy(
                        () -> TestTailnet.get(desk.keys.create(new NewPreAuthKey(null, false, false, null, List.of()))))
                .hasMessage("auth-key must be either tagged or owned by user");
        assertThat(desk.register(1, Ask.of(1).key(key).tags("tag:other")).error())
                .startsWith("requested tags [tag:other] are invalid or not permitted")
                .contains("tags come from the key");
        assertThat(stored(1).used()).isFalse();
        assertThat(desk.register(1, Ask.of(1).key(key).tags("tag:infra")).error())
                .isEmpty();
        assertThat(desk.onlyNode().userId()).isNull();
        assertThat(desk.onlyNode().expiry()).isNull();
    }

    @Test
    void f021ADeletedNodeRegistersAsANewOne() {
        desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)));
        Node node = desk.onlyNode();
        TestTailnet.get(desk.nodes.delete(node.id()));
        assertThat(desk.register(2, Ask.of(2).key(desk.key(alice.id(), true))).error())
                .isEmpty();
        assertThat(desk.onlyNode().addresses()).isEqualTo(node.addresses());
        assertThat(desk.register(1, Ask.of(1).key(desk.key(alice.id(), true))).error())
                .isEmpty();
        assertThat(desk.node(3).machineKey()).isEqualTo(node.machineKey());
    }

    @Test
    void f022AnEphemeralNodeIsRemovedOnceAndNotAfterItCameBack() {
        desk.register(1, Ask.of(1).key(desk.ephemeralKey(alice.id())));
        Node node = desk.onlyNode();
        desk.register(1, Ask.of(2).key(desk.ephemeralKey(alice.id())));
        assertThat(TestTailnet.get(desk.nodes.removeEphemeral(node.id(), node.nodeKey())))
                .isFalse();
        assertThat(TestTailnet.get(desk.nodes.removeEphemeral(node.id(), nodeKey(2))))
                .isTrue();
        assertThat(TestTailnet.get(desk.nodes.removeEphemeral(node.id(), nodeKey(2))))
                .isFalse();
        assertThat(desk.tailnet.image().nodes()).isEmpty();
    }

    @Test
    void f023DisablingTheExpiryBringsANodeBack() {
        desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)));
        Node node = desk.onlyNode();
        TestTailnet.get(desk.nodes.expire(node.id(), new ExpiryChange.Now()));
        assertThat(desk.onlyNode().expired()).isTrue();
        TestTailnet.get(desk.nodes.expire(node.id(), new ExpiryChange.Never()));
        assertThat(desk.onlyNode()).isEqualTo(node);
        assertThat(desk.register(1, Ask.of(1)).nodeKeyExpired()).isFalse();
    }

    @Test
    void f024ACloneIsTheSameNode() {
        desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)));
        assertThat(desk.register(1, Ask.of(1).hostname("clone")).error()).isEmpty();
        assertThat(desk.onlyNode().hostname()).isEqualTo("host");
    }

    @Test
    void f026LoginsAreBoundToTheirMachineAndApprovedOnce() {
        RegisterResponse login = desk.register(1, Ask.of(1).hostname("box"));
        assertThatThrownBy(() ->
                        TestTailnet.get(desk.approvals.register("alice", "hskey-authreq-AAAAAAAAAAAAAAAAAAAAAAAA")))
                .hasMessageContaining("node not found in registration cache")
                .hasMessageContaining(
                        "hskey-authreq-AAAAAAAAAAAAAAAAAAAAAAAA is unknown or expired, run `tailscale up` again");
        assertThat(TestTailnet.get(desk.approvals.waiting()))
                .singleElement()
                .satisfies(waiting -> assertThat(waiting.hostinfo().hostname()).isEqualTo("box"));
        TestTailnet.get(desk.approvals.register("alice", authId(login)));
        assertThatThrownBy(() -> TestTailnet.get(desk.approvals.register("alice", authId(login))))
                .hasMessageContaining("approved already, as node 1");
        RegisterResponse stranger = desk.register(2, Ask.of(1).followup(login.authUrl()));
        assertThat(stranger.profile()).isNull();
        RegisterResponse other = desk.register(2, Ask.of(2).followup(login.authUrl()));
        assertThat(other.profile()).isNull();
        assertThat(other.authUrl()).isNotEmpty().isNotEqualTo(login.authUrl());
        assertThat(desk.tailnet.image().nodes()).hasSize(1);
    }

    @Test
    void f031AddressesThatBecameFreeAreGivenAgain() {
        try (Desk small = new Desk(TestTailnet.withPrefixes("100.64.0.0/29", ""))) {
            User carol = small.tailnet.user("carol");
            String many = small.key(carol.id(), true);
            for (int machine = 1; machine <= 6; machine++) {
                assertThat(small.register(machine, Ask.of(machine).key(many)).error())
                        .isEmpty();
            }
            String once = small.key(carol.id(), false);
            assertThat(small.register(7, Ask.of(7).key(once)).error())
                    .contains("failed to allocate IP")
                    .contains("100.64.0.0/29");
            assertThat(small.tailnet.image().nodes()).hasSize(6);
            TestTailnet.get(small.nodes.delete(small.node(3).id()));
            assertThat(small.register(7, Ask.of(7).key(once)).error()).isEmpty();
            assertThat(small.node(7).addresses()).hasToString("[100.64.0.3]");
            for (int round = 0; round < 100; round++) {
                long last = small.tailnet.image().nodes().lastKey().value();
                TestTailnet.get(small.nodes.delete(small.node(last).id()));
                assertThat(small.register(8, Ask.of(8).key(many)).error()).isEmpty();
            }
        }
    }

    @Test
    void f032OneFamilyIsOneAddress() {
        try (Desk newer = new Desk(TestTailnet.withPrefixes("", "fd7a:115c:a1e0::/64"));
                Desk older = new Desk(TestTailnet.withPrefixes("100.64.0.0/10", ""))) {
            newer.register(
                    1, Ask.of(1).key(newer.key(newer.tailnet.user("carol").id(), true)));
            assertThat(newer.onlyNode().addresses()).hasToString("[fd7a:115c:a1e0::1]");
            older.register(
                    1, Ask.of(1).key(older.key(older.tailnet.user("carol").id(), true)));
            assertThat(older.onlyNode().addresses()).hasToString("[100.64.0.1]");
        }
    }
}
