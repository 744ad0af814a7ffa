package io.fleetscale.control.registration;

import static io.fleetscale.control.registration.Desk.LOGOUT;
import static io.fleetscale.control.registration.Desk.authId;
import static io.fleetscale.control.registration.Desk.nodeKey;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.node.ExpiryChange;
import io.fleetscale.control.registration.Desk.Ask;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.RegisterMethod;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.RegisterResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rows of the flow table, control-protocol 4.3, in order. */
class RegistrationFlowTest {
    private final Desk desk = new Desk();
    private final User alice = desk.tailnet.user("alice");

    @AfterEach
    void close() {
        desk.close();
    }

    private Node registered(int machine, int key) {
        RegisterResponse response = desk.register(machine, Ask.of(key).key(desk.key(alice.id(), true)));
        assertThat(response.error()).isEmpty();
        Node node = desk.tailnet.image().nodeByKey(nodeKey(key));
        assertThat(node).isNotNull();
        return node;
    }

    @Test
    void row1FirstLoginWithPreAuthKeyMakesANode() {
        String key = desk.key(alice.id(), false);
        RegisterResponse response = desk.register(1, Ask.of(1).key(key).hostname("Build 01.local"));

        assertThat(response)
                .isEqualTo(RegisterResponse.registered(
                        new RegisterResponse.Profile(1, "alice", "alice", "", "", TestTailnet.START), false));
        Node node = desk.onlyNode();
        assertThat(node.givenName()).isEqualTo("build-01");
        assertThat(node.hostname()).isEqualTo("Build 01.local");
        assertThat(node.userId()).isEqualTo(alice.id());
        assertThat(node.addresses()).hasToString("[100.64.0.1, fd7a:115c:a1e0::1]");
        assertThat(node.registerMethod()).isEqualTo(RegisterMethod.AUTH_KEY);
        assertThat(node.expiry()).isNull();
        assertThat(desk.tailnet.image().preAuthKeys().values()).allMatch(stored -> stored.used());
    }

    @Test
    void aNewNodeGetsItsAddressOutOfItsPoolAndKeepsIt() {
        desk.pools = (image, node) ->
                alice.id().equals(node.userId()) ? List.of(IpPrefix.parse("100.81.0.0/16")) : List.of();
        Node node = registered(1, 1);
        assertThat(node.addresses()).hasToString("[100.81.0.1, fd7a:115c:a1e0::1]");
        desk.pools = IpPools.NONE;
        String again = desk.key(alice.id(), true);
        assertThat(desk.register(1, Ask.of(2).key(again)).error()).isEmpty();
        assertThat(desk.onlyNode().addresses()).isEqualTo(node.addresses());
    }

    @Test
    void row2UnknownSpentAndExpiredKeysAreRefusedInTheBody() {
        String once = desk.key(alice.id(), false);
        desk.register(1, Ask.of(1).key(once));
        String old = desk.key(alice.id(), true);
        assertThat(desk.register(2, Ask.of(2).key("hskey-auth-nonsense")).error())
                .isEqualTo("invalid pre auth key");
        assertThat(desk.register(2, Ask.of(2).key(old.substring(0, old.length() - 1) + "~"))
                        .error())
                .isEqualTo("invalid pre auth key");
        assertThat(desk.register(2, Ask.of(2).key(once)).error()).isEqualTo("authkey already used");
        desk.tailnet.pass(Duration.ofHours(2));
        assertThat(desk.register(2, Ask.of(2).key(old)).error()).isEqualTo("authkey expired");
        assertThat(desk.tailnet.image().nodes()).hasSize(1);
    }

    @Test
    void row3FirstInteractiveLoginGetsAnUnguessableUrl() {
        RegisterResponse response = desk.register(1, Ask.of(1).hostname("laptop"));
        assertThat(response.authUrl()).matches("https://control.example.com/register/hskey-authreq-[A-Za-z0-9_-]{24}");
        assertThat(response.profile()).isNull();
        assertThat(desk.logins.waiting()).singleElement().satisfies(login -> {
            assertThat(login.machineKey()).isEqualTo(Desk.machineKey(1));
            assertThat(login.hostinfo().hostname()).isEqualTo("laptop");
            assertThat(login.remoteAddress()).isEqualTo("192.0.2.1");
        });
        assertThat(desk.tailnet.image().nodes()).isEmpty();
    }

    @Test
    void row4TheFollowUpIsHeldUntilThePersonIsDone() throws Exception {
        String url = desk.register(1, Ask.of(1)).authUrl();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletableFuture<RegisterResponse> waiting = CompletableFuture.supplyAsync(
                    () -> desk.register(1, Ask.of(1).followup(url)), executor);
            Node node = TestTailnet.get(desk.approvals.register("alice", url.substring(url.lastIndexOf('/') + 1)));
            assertThat(waiting.get().profile()).isNotNull();
            assertThat(node.registerMethod()).isEqualTo(RegisterMethod.CLI);
            assertThat(desk.onlyNode()).isEqualTo(node);
        }
        // Readable more than once.
        assertThat(desk.register(1, Ask.of(1).followup(url)).profile()).isNotNull();
    }

    @Test
    void row4ARejectedLoginIsAnErrorAndAnApprovalWithoutNodeANewUrl() {
        String rejected = desk.register(1, Ask.of(1)).authUrl();
        TestTailnet.get(desk.approvals.reject(rejected.substring(rejected.lastIndexOf('/') + 1)));
        assertThat(desk.register(1, Ask.of(1).followup(rejected)).error()).isEqualTo("auth request rejected");

        RegisterResponse approved = desk.register(1, Ask.of(1));
        TestTailnet.get(desk.approvals.approve(authId(approved)));
        assertThat(desk.register(1, Ask.of(1).followup(approved.authUrl())).authUrl())
                .isNotEmpty()
                .isNotEqualTo(approved.authUrl());
    }

    @Test
    void row4ADeadIdIsAnsweredWithANewUrl() {
        String dead = "https://control.example.com/register/hskey-authreq-AAAAAAAAAAAAAAAAAAAAAAAA";
        assertThat(desk.register(1, Ask.of(1).followup(dead)).authUrl())
                .isNotEmpty()
                .isNotEqualTo(dead);
    }

    @Test
    void row5ARestartChangesNothingAndNeedsNoKey() {
        desk.tailnet.defaultExpiry(Duration.ofDays(90));
        Node before = registered(1, 1);
        desk.tailnet.pass(Duration.ofDays(3));
        long version = desk.tailnet.image().version();
        for (Ask ask : new Ask[] {
            Ask.of(1), Ask.of(1).key("hskey-auth-gone"), Ask.of(1).hostname("other")
        }) {
            RegisterResponse response = desk.register(1, ask);
            assertThat(response.profile()).isNotNull();
            assertThat(response.nodeKeyExpired()).isFalse();
        }
        assertThat(desk.onlyNode()).isEqualTo(before);
        assertThat(desk.tailnet.image().version()).isEqualTo(version);
    }

    @Test
    void row6ADeletedNodeHasToLogInAgain() {
        Node node = registered(1, 1);
        TestTailnet.get(desk.nodes.delete(node.id()));
        assertThat(desk.register(1, Ask.of(1)).authUrl()).isNotEmpty();
    }

    @Test
    void row7ANewKeyAfterExpiryUpdatesTheSameNode() {
        Node node = registered(1, 1);
        TestTailnet.get(desk.nodes.expire(node.id(), new ExpiryChange.Now()));
        RegisterResponse response = desk.register(1, Ask.of(2).key(desk.key(alice.id(), false)));
        assertThat(response.profile()).isNotNull();
        Node renewed = desk.onlyNode();
        assertThat(renewed.id()).isEqualTo(node.id());
        assertThat(renewed.stableId()).isEqualTo(node.stableId());
        assertThat(renewed.addresses()).isEqualTo(node.addresses());
        assertThat(renewed.givenName()).isEqualTo(node.givenName());
        assertThat(renewed.nodeKey()).isEqualTo(nodeKey(2));
        assertThat(renewed.expired()).isFalse();
        assertThat(renewed.expiry()).isNull();
    }

    @Test
    void row8TheOldKeyWorksUntilTheNewOneIsApproved() {
        registered(1, 1);
        RegisterResponse login = desk.register(1, Ask.of(2));
        assertThat(login.authUrl()).isNotEmpty();
        assertThat(desk.register(1, Ask.of(1)).profile()).isNotNull();
        assertThat(desk.onlyNode().nodeKey()).isEqualTo(nodeKey(1));
        TestTailnet.get(desk.approvals.register("alice", authId(login)));
        assertThat(desk.onlyNode().nodeKey()).isEqualTo(nodeKey(2));
    }

    @Test
    void row9ARefreshOfAnExpiredKeyIsToldSo() {
        Node node = registered(1, 1);
        TestTailnet.get(desk.nodes.expire(node.id(), new ExpiryChange.Now()));
        assertThat(desk.register(1, Ask.of(1))).isEqualTo(RegisterResponse.keyExpired());
    }

    @Test
    void row9AKeyWhoseTimePassedIsExpiredBeforeTheSingletonSaysSo() {
        desk.tailnet.defaultExpiry(Duration.ofDays(1));
        registered(1, 1);
        desk.tailnet.pass(Duration.ofDays(2));
        assertThat(desk.onlyNode().expired()).isFalse();
        assertThat(desk.register(1, Ask.of(1)).nodeKeyExpired()).isTrue();
    }

    @Test
    void row10LogoutExpiresNowEvenWhenItCarriesAKey() {
        registered(1, 1);
        desk.tailnet.pass(Duration.ofMinutes(5));
        RegisterResponse response =
                desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)).expiry(LOGOUT));
        assertThat(response.error()).isEmpty();
        assertThat(response.nodeKeyExpired()).isTrue();
        assertThat(desk.onlyNode().expiry()).isEqualTo(desk.tailnet.now());
        assertThat(desk.onlyNode().expired()).isTrue();
        assertThat(desk.register(1, Ask.of(1).expiry(LOGOUT))).isEqualTo(RegisterResponse.keyExpired());
    }

    @Test
    void row10LogoutOfAnUnknownKeyIsSuccessAndChangesNothing() {
        RegisterResponse response =
                desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)).expiry(LOGOUT));
        assertThat(response.error()).isEmpty();
        assertThat(response.authUrl()).isEmpty();
        assertThat(desk.tailnet.image().nodes()).isEmpty();
    }

    @Test
    void row10LogoutOfAnEphemeralNodeRemovesIt() {
        desk.register(1, Ask.of(1).key(desk.ephemeralKey(alice.id())));
        assertThat(desk.onlyNode().ephemeral()).isTrue();
        assertThat(desk.register(1, Ask.of(1).expiry(LOGOUT)).nodeKeyExpired()).isTrue();
        assertThat(desk.tailnet.image().nodes()).isEmpty();
    }

    @Test
    void row11AClientMayShortenItsExpiryAndNeverExtendIt() {
        desk.tailnet.defaultExpiry(Duration.ofDays(90));
        registered(1, 1);
        Instant sooner = desk.tailnet.now().plus(Duration.ofDays(1));
        assertThat(desk.register(1, Ask.of(1).expiry(sooner)).error()).isEmpty();
        assertThat(desk.onlyNode().expiry()).isEqualTo(sooner);
        assertThat(desk.register(1, Ask.of(1).expiry(sooner.plusSeconds(1))).error())
                .isEqualTo("extending key is not allowed");
        assertThat(desk.onlyNode().expiry()).isEqualTo(sooner);
    }

    @Test
    void row12AClientMayAskToBeEphemeral() {
        desk.register(1, Ask.of(1).key(desk.key(alice.id(), true)).asEphemeral());
        assertThat(desk.onlyNode().ephemeral()).isTrue();
    }

    @Test
    void row13PermittedTagsMakeATaggedNodeWithoutExpiry() {
        desk.tailnet.defaultExpiry(Duration.ofDays(90));
        desk.tagOwners.put("tag:ci", Desk.owners("alice"));
        RegisterResponse login = desk.register(1, Ask.of(1).tags("tag:ci"));
        TestTailnet.get(desk.approvals.register("alice", authId(login)));
        assertThat(desk.onlyNode().tags()).containsExactly("tag:ci");
        assertThat(desk.onlyNode().userId()).isNull();
        assertThat(desk.onlyNode().expiry()).isNull();
        RegisterResponse response = desk.register(1, Ask.of(1));
        assertThat(response.profile()).isNotNull();
        assertThat(response.profile().loginName()).isEqualTo("tagged-devices");
        assertThat(response.profile().userId()).isEqualTo(2147455555L);
    }

    @Test
    void row14OneMachineMayOwnSeveralNodes() {
        User bob = desk.tailnet.user("bob");
        registered(1, 1);
        assertThat(desk.register(1, Ask.of(2).key(desk.key(bob.id(), true))).error())
                .isEmpty();
        assertThat(desk.tailnet.image().nodesByMachine(Desk.machineKey(1))).hasSize(2);
        assertThat(loginName(desk.register(1, Ask.of(1)))).isEqualTo("alice");
        assertThat(loginName(desk.register(1, Ask.of(2)))).isEqualTo("bob");
    }

    @Test
    void row15ANodeKeyOfAnotherMachineIsRefused() {
        Node node = registered(1, 1);
        for (Ask ask : new Ask[] {
            Ask.of(1), Ask.of(1).key(desk.key(alice.id(), true)), Ask.of(1).expiry(LOGOUT)
        }) {
            RegisterResponse response = desk.register(2, ask);
            assertThat(response.error()).isNotEmpty();
            assertThat(response.profile()).isNull();
        }
        assertThat(desk.onlyNode()).isEqualTo(node);
    }

    @Test
    void aOneTimeKeyIsSpentOnceForARetriedRequest() {
        String key = desk.key(alice.id(), false);
        desk.register(1, Ask.of(1).key(key));
        assertThat(desk.register(1, Ask.of(1).key(key)).error()).isEmpty();
        assertThat(desk.tailnet.image().nodes()).hasSize(1);
    }

    private static String loginName(RegisterResponse response) {
        RegisterResponse.Profile profile = response.profile();
        return profile == null ? "none" : profile.loginName();
    }

    @Test
    void aRequestWithoutNodeKeyIsRefused() {
        Ask none = new Ask(NodeKey.ZERO, "", null, "", "h", false, List.of());
        assertThat(desk.register(1, none).error()).isEqualTo("the request has no node key");
    }
}
