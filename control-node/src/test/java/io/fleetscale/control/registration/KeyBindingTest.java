package io.fleetscale.control.registration;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fleetscale.control.registration.Desk.Ask;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import io.fleetscale.wire.tailcfg.RegisterResponse;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node key belongs to the machine that made it: what a machine that knows the node key of another one cannot do. */
class KeyBindingTest {
    private static final Instant LOGOUT = Instant.EPOCH.plusSeconds(123);

    private final Desk desk = new Desk();
    private final User alice = desk.tailnet.user("alice");

    @AfterEach
    void close() {
        desk.close();
    }

    private Node victim() {
        assertThat(desk.register(1, Ask.of(1).key(desk.key(alice.id(), true))).error())
                .isEmpty();
        return desk.onlyNode();
    }

    @Test
    void registerSaysNothingAboutTheNode() {
        Node victim = victim();

        RegisterResponse answer = desk.register(2, Ask.of(1));

        assertThat(answer.error()).isNotEmpty().doesNotContain("alice", victim.givenName());
        assertThat(answer.profile()).isNull();
        assertThat(desk.onlyNode()).isEqualTo(victim);
    }

    @Test
    void logoutLeavesTheNodeLoggedIn() {
        Node victim = victim();

        assertThat(desk.register(2, Ask.of(1).expiry(LOGOUT)).error()).isNotEmpty();

        assertThat(desk.onlyNode()).isEqualTo(victim);
    }

    @Test
    void aPreAuthKeyDoesNotMoveTheNode() {
        Node victim = victim();
        String oneTime = desk.key(alice.id(), false);

        assertThat(desk.register(2, Ask.of(1).key(oneTime)).error()).isNotEmpty();

        assertThat(desk.onlyNode()).isEqualTo(victim);
        assertThat(desk.register(3, Ask.of(3).key(oneTime)).error())
                .as("and does not use the key up")
                .isEmpty();
    }

    @Test
    void reAuthenticationWithAnotherMachinesOldKeyIsANodeOfItsOwn() {
        Node victim = victim();

        RegisterResponse answer = desk.registration.register(
                Desk.machineKey(2),
                "192.0.2.2",
                replacing(Desk.nodeKey(2), Desk.nodeKey(1), desk.key(alice.id(), true)));

        assertThat(answer.error()).isEmpty();
        assertThat(desk.node(victim.id().value())).isEqualTo(victim);
        assertThat(desk.tailnet.image().nodes()).hasSize(2);
    }

    @Test
    void anInteractiveLoginWithAnotherMachinesOldKeyIsANodeOfItsOwn() {
        Node victim = victim();
        RegisterResponse asked = desk.registration.register(
                Desk.machineKey(2), "192.0.2.2", replacing(Desk.nodeKey(2), Desk.nodeKey(1), ""));

        desk.approvals.register("alice", Desk.authId(asked)).join();

        assertThat(desk.node(victim.id().value())).isEqualTo(victim);
        assertThat(desk.tailnet.image().nodes()).hasSize(2);
    }

    @Test
    void theFollowUpOfAnotherMachineTellsNothing() {
        String page = desk.register(1, Ask.of(1)).authUrl();
        desk.approvals
                .register("alice", page.substring(page.lastIndexOf('/') + 1))
                .join();

        RegisterResponse answer = desk.register(2, Ask.of(2).followup(page));

        assertThat(answer.profile()).isNull();
        assertThat(answer.machineAuthorized()).isFalse();
        assertThat(answer.authUrl()).isNotEqualTo(page);
    }

    private static RegisterRequest replacing(NodeKey next, NodeKey old, String authKey) {
        return new RegisterRequest(
                145,
                next,
                old,
                LockKey.ZERO,
                authKey,
                null,
                "",
                Hostinfo.parse(ByteString.copyFromUtf8("{\"OS\":\"linux\",\"Hostname\":\"thief\"}")),
                false,
                ByteString.EMPTY,
                "",
                null,
                ByteString.EMPTY,
                ByteString.EMPTY,
                "");
    }
}
