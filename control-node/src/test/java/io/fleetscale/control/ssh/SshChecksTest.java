package io.fleetscale.control.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.api.testing.MemoryLogins;
import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.LocalLoginSignals;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.oidc.CheckLogins;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SshChecksTest {
    private static final String SERVER = "http://control.example.com:8080";
    private static final String NOISE = "https://control.example.com:8080";

    private final TestTailnet tailnet = TestTailnet.create();
    private final MemoryLogins logins = new MemoryLogins(tailnet::now);
    private final LocalLoginSignals signals = new LocalLoginSignals(id -> {});
    private final Map<List<NodeId>, SshApprovals.Approval> approvals = new HashMap<>();
    private final AtomicLong nanos = new AtomicLong();
    private volatile long nanosPerLook;
    private final SshChecks checks = instance();
    private User ann = User.TAGGED_DEVICES;
    private User bob = User.TAGGED_DEVICES;

    /** Another one over the same stores is another instance. */
    private SshChecks instance() {
        return new SshChecks(
                () -> CompletableFuture.completedFuture(ground()),
                logins,
                signals,
                new SshApprovals() {
                    @Override
                    public void add(Approval approval) {
                        approvals.put(List.of(approval.source(), approval.destination()), approval);
                    }

                    @Override
                    public Optional<Approval> find(NodeId source, NodeId destination) {
                        return Optional.ofNullable(approvals.get(List.of(source, destination)));
                    }
                },
                SERVER,
                NOISE,
                tailnet::now,
                () -> nanos.getAndAdd(nanosPerLook),
                new Random(3));
    }

    private SshChecks.Ground ground() {
        TailnetImage image = tailnet.image();
        return new SshChecks.Ground(
                image,
                PolicyCompiler.of(
                                at -> {
                                    try {
                                        return PolicyReader.read(
                                                at.policy().map(Policy::text).orElse(""));
                                    } catch (PolicyException e) {
                                        throw new IllegalStateException(e);
                                    }
                                },
                                new ServerEnvironment(NOISE, new ClientFeatureConfig(false, true, false)))
                        .compile(image));
    }

    @BeforeEach
    void tailnet() {
        ann = tailnet.user("ann");
        bob = tailnet.user("bob");
        node(1, ann, List.of());
        node(2, null, List.of("tag:db"));
        node(3, bob, List.of());
        node(4, null, List.of("tag:recorder"));
        policy("\"checkPeriod\": \"2h\"");
    }

    private void node(long id, @org.jspecify.annotations.Nullable User owner, List<String> tags) {
        tailnet.apply(new Change.NodePut(Node.builder(
                        new NodeId(id),
                        machine(id),
                        new NodeKey(key(100 + id)),
                        "n" + id,
                        TestTailnet.START.plusSeconds(id))
                .hostname("host" + id)
                .givenName("host" + id)
                .ipv4(IpAddress.parse("100.64.0." + id))
                .userId(owner == null ? null : owner.id())
                .tags(tags)
                .build()));
    }

    private static Bytes32 key(long id) {
        byte[] raw = new byte[32];
        raw[0] = (byte) id;
        return Bytes32.of(raw);
    }

    private static MachineKey machine(long id) {
        return new MachineKey(key(id));
    }

    private void policy(String more) {
        put("""
                {"tagOwners": {"tag:db": ["ann@"], "tag:recorder": ["ann@"]},
                 "ssh": [{"action": "check", "src": ["ann@"], "dst": ["tag:db", "autogroup:self"], "users": ["root"], %s}]}
                """.formatted(more));
    }

    private void put(String text) {
        tailnet.apply(new Change.PolicyPut(new Policy(tailnet.image().counters().nextPolicy(), text, tailnet.now())));
    }

    private SshReply ask(long source, long destination, String authId) {
        return checks.answer(
                machine(destination),
                new NodeId(source),
                new NodeId(destination),
                authId.isEmpty() ? Optional.empty() : Optional.of(authId),
                "root",
                "192.0.2.1");
    }

    private static SshPolicy.Action action(SshReply reply) {
        return ((SshReply.Act) reply).action();
    }

    private static String authId(SshReply reply) {
        String url = action(reply).holdAndDelegate();
        assertThat(url)
                .startsWith(NOISE + "/machine/ssh/action/$SRC_NODE_ID/to/$DST_NODE_ID?local_user=$LOCAL_USER&auth_id=");
        return url.substring(url.indexOf("auth_id=") + 8);
    }

    /** What a person's approval by command line does. */
    private void approve(String authId) {
        assertThat(logins.decide(AuthId.parse(authId), PendingLogin.State.APPROVED, null))
                .isPresent();
        signals.decided(AuthId.parse(authId));
    }

    private String held() {
        return authId(ask(1, 2, ""));
    }

    @Test
    void aNewSessionIsHeldBehindTheAddressOfALogin() {
        SshReply reply = ask(1, 2, "");
        String id = authId(reply);
        List<String> lines = action(reply).message().lines().toList();
        assertThat(lines).hasSize(3).allMatch(line -> line.startsWith("# "));
        assertThat(lines.get(1)).endsWith("To authenticate, visit: " + SERVER + "/auth/" + id);
        assertThat(action(reply).accept()).isFalse();
        PendingLogin login = logins.find(AuthId.parse(id)).orElseThrow();
        assertThat(login.sshSession()).isEqualTo(new PendingLogin.SshSession(new NodeId(1), new NodeId(2), "root"));
    }

    @Test
    void anApprovalLetsTheWaitingSessionInWhicheverInstanceIsAsked() {
        String id = held();
        SshChecks other = instance();
        CompletableFuture<SshReply> waiting = CompletableFuture.supplyAsync(
                () -> other.answer(machine(2), new NodeId(1), new NodeId(2), Optional.of(id), "root", "192.0.2.1"));
        assertThat(waiting).isNotDone();
        approve(id);
        await().atMost(Duration.ofSeconds(3)).until(waiting::isDone);
        assertThat(action(waiting.join())).isEqualTo(SshPolicy.Action.ACCEPT);
        // and the next session of the pair needs nobody, until the period is over
        assertThat(action(ask(1, 2, ""))).isEqualTo(SshPolicy.Action.ACCEPT);
        tailnet.pass(Duration.ofMinutes(119));
        assertThat(action(ask(1, 2, ""))).isEqualTo(SshPolicy.Action.ACCEPT);
        tailnet.pass(Duration.ofMinutes(1));
        assertThat(held()).isNotEqualTo(id);
    }

    @Test
    void aRejectionEndsTheSession() {
        String id = held();
        logins.decide(AuthId.parse(id), PendingLogin.State.REJECTED, null);
        assertThat(action(ask(1, 2, id)).reject()).isTrue();
        assertThat(approvals).isEmpty();
    }

    @Test
    void whoWaitsForTooLongIsSentToTheSameAddressAgain() {
        String id = held();
        nanosPerLook = SshChecks.FOLLOWUP_WAIT.toNanos();
        SshReply reply = ask(1, 2, id);
        assertThat(authId(reply)).isEqualTo(id);
        assertThat(action(reply).message()).isEmpty();
    }

    @Test
    void onlyTheMachineThatIsCalledMayAsk() {
        String id = held();
        approve(id);
        assertRefused(checks.answer(machine(3), new NodeId(1), new NodeId(2), Optional.empty(), "", ""), 401);
        assertRefused(checks.answer(machine(3), new NodeId(1), new NodeId(2), Optional.of(id), "", ""), 401);
        assertRefused(checks.answer(machine(2), new NodeId(1), new NodeId(99), Optional.empty(), "", ""), 404);
        assertThat(approvals).isEmpty();
    }

    @Test
    void anApprovalIsForItsPairOnly() {
        String id = held();
        approve(id);
        assertRefused(ask(3, 2, id), 401);
        assertRefused(ask(2, 1, id), 401);
        assertRefused(ask(1, 2, "hskey-authreq-short"), 400);
        assertThat(action(ask(1, 2, id)).accept()).isTrue();
        assertThat(authId(ask(1, 1, ""))).isNotEqualTo(id); // ann to herself is a pair of its own
    }

    @Test
    void aRegistrationIsNoCheck() {
        PendingLogin registration = new PendingLogin(
                AuthId.next(new Random(9)),
                machine(2),
                new NodeKey(key(77)),
                NodeKey.ZERO,
                io.fleetscale.wire.key.LockKey.ZERO,
                io.fleetscale.wire.tailcfg.Hostinfo.ofHostname("new"),
                false,
                null,
                tailnet.now(),
                "",
                PendingLogin.State.WAITING,
                null);
        logins.add(registration);
        assertRefused(ask(1, 2, registration.id().text()), 400);
        assertThat(checks.approve(registration.id(), ann)).isEqualTo(CheckLogins.Outcome.NOT_A_CHECK);
    }

    @Test
    void anUnknownAddressIsReplacedByANewOneWhileARuleAsks() {
        String unknown = AuthId.next(new Random(4)).text();
        assertThat(authId(ask(1, 2, unknown))).isNotEqualTo(unknown);
        put("{}");
        assertRefused(ask(1, 2, unknown), 400);
        assertThat(action(ask(1, 2, "")).reject()).isTrue();
    }

    @Test
    void sessionsOfPeopleWhomNoRuleNamesAreRejected() {
        assertThat(action(ask(3, 2, "")).reject()).isTrue();
        assertThat(action(ask(99, 2, "")).reject()).isTrue();
        assertThat(logins.waiting()).isEmpty();
    }

    @Test
    void anotherPolicyForgetsApprovals() {
        approvedSession();
        policy("\"checkPeriod\": \"3h\"");
        held();
    }

    @Test
    void anotherOwnerOfTheSourceNeedsAnApproval() {
        approvedSession();
        node(1, bob, List.of());
        put("""
                {"tagOwners": {"tag:db": []}, "ssh": [{"action": "check", "src": ["bob@"], "dst": ["tag:db"], "users": ["root"]}]}
                """);
        held();
        // even if the policy were the same
        SshApprovals.Approval known = approvals.values().iterator().next();
        approvals.replaceAll((pair, approval) -> new SshApprovals.Approval(
                known.source(),
                known.destination(),
                known.owner(),
                tailnet.image().policy().orElseThrow().id(),
                known.at()));
        held();
    }

    private void approvedSession() {
        String id = held();
        approve(id);
        assertThat(action(ask(1, 2, id)).accept()).isTrue();
        assertThat(action(ask(1, 2, "")).accept()).isTrue();
    }

    @Test
    void anApprovalAfterThePolicyLeftIsWorthNothing() {
        String id = held();
        put("{}");
        approve(id);
        assertThat(action(ask(1, 2, id)).reject()).isTrue();
        assertThat(approvals).isEmpty();
    }

    @Test
    void alwaysAsksEachTime() {
        policy("\"checkPeriod\": \"always\"");
        String id = held();
        approve(id);
        assertThat(action(ask(1, 2, id)).accept()).isTrue();
        held();
        // a decision is no pass for later sessions
        tailnet.pass(SshChecks.DECISION_VALID);
        assertThat(authId(ask(1, 2, id))).isNotEqualTo(id);
    }

    @Test
    void theFirstRuleInTheFileNamesThePeriod() {
        put("""
                {"tagOwners": {"tag:db": []},
                 "ssh": [{"action": "accept", "src": ["ann@"], "dst": ["tag:db"], "users": ["root"]},
                         {"action": "check", "checkPeriod": "1m", "src": ["ann@"], "dst": ["tag:db"], "users": ["web"]},
                         {"action": "check", "checkPeriod": "5h", "src": ["ann@"], "dst": ["tag:db"], "users": ["root"]}]}
                """);
        approvedSession();
        tailnet.pass(Duration.ofMinutes(1));
        held();
    }

    @Test
    void anAcceptedSessionIsRecordedWhereTheRuleSays() {
        policy("\"recorder\": [\"tag:recorder\"], \"enforceRecorder\": true");
        String id = held();
        approve(id);
        SshPolicy.Action accepted = action(ask(1, 2, id));
        assertThat(accepted.accept()).isTrue();
        assertThat(accepted.recorders()).hasToString("[100.64.0.4:80]");
        assertThat(accepted.onRecordingFailure()).isNotNull();
    }

    @Test
    void theOwnerOfTheSourceApprovesByLogin() {
        AuthId id = AuthId.parse(held());
        assertThat(checks.approve(id, bob)).isEqualTo(CheckLogins.Outcome.NOT_THE_OWNER);
        assertThat(checks.approve(id, ann)).isEqualTo(CheckLogins.Outcome.APPROVED);
        assertThat(checks.approve(id, ann)).isEqualTo(CheckLogins.Outcome.GONE);
        assertThat(action(ask(1, 2, id.text())).accept()).isTrue();
    }

    @Test
    void noLoginApprovesForATaggedOrRemovedSource() {
        put("""
                {"tagOwners": {"tag:db": ["ann@"]},
                 "ssh": [{"action": "check", "src": ["tag:db"], "dst": ["tag:db"], "users": ["root"]}]}
                """);
        AuthId tagged = AuthId.parse(held(2, 2));
        assertThat(checks.approve(tagged, ann)).isEqualTo(CheckLogins.Outcome.NOT_THE_OWNER);
        policy("\"checkPeriod\": \"2h\"");
        AuthId removed = AuthId.parse(held());
        tailnet.apply(new Change.NodeRemoved(new NodeId(1)));
        assertThat(checks.approve(removed, ann)).isEqualTo(CheckLogins.Outcome.GONE);
        assertThat(checks.approve(AuthId.next(new Random(1)), ann)).isEqualTo(CheckLogins.Outcome.GONE);
    }

    private String held(long source, long destination) {
        return authId(ask(source, destination, ""));
    }

    private static void assertRefused(SshReply reply, int status) {
        Predicate<SshReply> refused = answer -> answer instanceof SshReply.Refused no && no.status() == status;
        assertThat(reply).matches(refused, "refused with " + status);
    }
}
