package io.fleetscale.control.ssh;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.LoginSignals;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.oidc.CheckLogins;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.SshCheck;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides on sessions over SSH that a rule with {@code check} holds. An approval counts for the pair of nodes, as long as the
 * source belongs to the same user, the policy is the same and its period lasts. What the policy says is looked up anew for
 * each answer; the URL is believed in nothing. Thread-safe; blocks, a follow-up for up to a minute: for virtual threads.
 * Source: policy 5.4; headscale-surface 7.6.
 */
public final class SshChecks implements CheckLogins {
    /** How long a follow-up is held; then the node is sent to the same address again. */
    static final Duration FOLLOWUP_WAIT = Duration.ofMinutes(1);
    /** A signal may be lost: the database is looked at this often. */
    static final Duration RECHECK = Duration.ofSeconds(5);
    /** A decision is for the session that waits for it, not for one that comes later with the same address. */
    static final Duration DECISION_VALID = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(SshChecks.class);
    private static final int MAX_USER_NAME = 64;
    /** Where nodes ask; they put the values in themselves. */
    private static final String CHECK_PATH = "/machine/ssh/action/$SRC_NODE_ID/to/$DST_NODE_ID?local_user=$LOCAL_USER";

    private final Supplier<CompletableFuture<Ground>> head;
    private final PendingLogins logins;
    private final LoginSignals signals;
    private final SshApprovals approvals;
    private final String serverUrl;
    private final String noiseUrl;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;

    /** A policy and the image that it was compiled for. */
    public record Ground(TailnetImage image, CompiledPolicy policy) {
        long policyId() {
            return image.policy().map(Policy::id).orElse(0L);
        }
    }

    /**
     * @param head the policy as of the head of the log
     * @param serverUrl as people reach it, without a slash at the end
     * @param noiseUrl as nodes call it inside Noise, https, without a path
     * @param random secure
     */
    public SshChecks(
            Supplier<CompletableFuture<Ground>> head,
            PendingLogins logins,
            LoginSignals signals,
            SshApprovals approvals,
            String serverUrl,
            String noiseUrl,
            InstantSource clock,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.head = head;
        this.logins = logins;
        this.signals = signals;
        this.approvals = approvals;
        this.serverUrl = serverUrl;
        this.noiseUrl = noiseUrl;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /**
     * Answers a node that asks whether to let a session in.
     *
     * @param machineKey proven by the Noise handshake: must be the destination's
     * @param authId as the node was given it before, absent at first
     * @param localUser name at the destination, to show only
     * @param remoteAddress of the destination, for the list of waiting logins
     * @throws ControlException UNAVAILABLE while the database is away
     */
    public SshReply answer(
            MachineKey machineKey,
            NodeId source,
            NodeId destination,
            Optional<String> authId,
            String localUser,
            String remoteAddress) {
        Ground ground = join(head.get());
        Node to = ground.image().node(destination);
        if (to == null) {
            return new SshReply.Refused(404, "dst node not found");
        }
        if (!to.machineKey().equals(machineKey)) {
            return new SshReply.Refused(401, "machine key does not match dst node");
        }
        Question question = new Question(source, to, localUser, remoteAddress);
        return authId.isEmpty() ? first(question, ground) : followUp(question, authId.get());
    }

    private record Question(NodeId source, Node destination, String localUser, String remoteAddress) {
        PendingLogin.SshSession session() {
            return new PendingLogin.SshSession(
                    source, destination.id(), localUser.length() > MAX_USER_NAME ? "" : localUser);
        }

        boolean isAbout(PendingLogin.SshSession session) {
            return session.source().equals(source) && session.destination().equals(destination.id());
        }
    }

    private SshReply first(Question question, Ground ground) {
        Optional<SshCheck> check = checkOf(ground, question);
        if (check.isEmpty()) {
            return rejected("No SSH rule asks for a check of this session any more.");
        }
        if (isApproved(question, ground, check.get())) {
            return new SshReply.Act(check.get().accept());
        }
        PendingLogin login = PendingLogin.ofSession(
                AuthId.next(random), question.session(), question.destination(), now(), question.remoteAddress());
        logins.add(login);
        LOG.atInfo()
                .addKeyValue("source", question.source())
                .addKeyValue("destination", question.destination().id())
                .log("a session over SSH waits for an approval");
        return hold(login.id(), """
                # This session needs an additional check.
                # To authenticate, visit: %s/auth/%s
                # It goes on by itself afterwards.
                """.formatted(serverUrl, login.id()));
    }

    private SshReply followUp(Question question, String text) {
        if (!AuthId.isWellFormed(text)) {
            return new SshReply.Refused(400, "Invalid auth_id");
        }
        AuthId id = AuthId.parse(text);
        long deadlineNanos = nanoTime.getAsLong() + FOLLOWUP_WAIT.toNanos();
        try (LoginSignals.Watch watch = signals.watch(id)) {
            while (true) {
                Optional<PendingLogin> login = logins.find(id).filter(this::isFresh);
                if (login.isEmpty()) {
                    return again(question);
                }
                PendingLogin.SshSession session = login.get().sshSession();
                if (session == null) {
                    return new SshReply.Refused(400, "auth session is not for SSH check");
                }
                if (!question.isAbout(session)) {
                    return new SshReply.Refused(401, "src/dst pair does not match auth session");
                }
                switch (login.get().state()) {
                    case REJECTED -> {
                        return rejected(login.get().reason());
                    }
                    case APPROVED, REGISTERED -> {
                        return approved(question, login.get());
                    }
                    case WAITING -> {}
                }
                long leftNanos = deadlineNanos - nanoTime.getAsLong();
                if (leftNanos <= 0) {
                    return hold(id, "");
                }
                watch.await(Math.min(leftNanos, RECHECK.toNanos()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(ErrorCode.UNAVAILABLE, "the server is stopping", e);
        }
    }

    private boolean isFresh(PendingLogin login) {
        Instant decided = login.decidedAt();
        return decided == null || decided.plus(DECISION_VALID).isAfter(clock.instant());
    }

    /** A node that comes with an address nobody knows any more must not be refused: it would ask for half an hour. */
    private SshReply again(Question question) {
        Ground ground = join(head.get());
        return checkOf(ground, question).isEmpty()
                ? new SshReply.Refused(400, "Invalid auth_id")
                : first(question, ground);
    }

    private SshReply approved(Question question, PendingLogin login) {
        Ground ground = join(head.get());
        Optional<SshCheck> check = checkOf(ground, question);
        if (check.isEmpty()) {
            return rejected("The policy does not let this session in any more.");
        }
        Instant at = login.decidedAt();
        if (!check.get().period().isZero() && at != null) {
            approvals.add(new SshApprovals.Approval(
                    question.source(),
                    question.destination().id(),
                    ownerOf(ground, question.source()),
                    ground.policyId(),
                    at));
        }
        return new SshReply.Act(check.get().accept());
    }

    private boolean isApproved(Question question, Ground ground, SshCheck check) {
        return !check.period().isZero()
                && approvals
                        .find(question.source(), question.destination().id())
                        .filter(approval -> approval.policy() == ground.policyId()
                                && approval.owner() == ownerOf(ground, question.source())
                                && approval.at().plus(check.period()).isAfter(clock.instant()))
                        .isPresent();
    }

    private static Optional<SshCheck> checkOf(Ground ground, Question question) {
        Node from = ground.image().node(question.source());
        Node to = ground.image().node(question.destination().id());
        return from == null || to == null ? Optional.empty() : ground.policy().sshCheckOf(from, to);
    }

    private static long ownerOf(Ground ground, NodeId source) {
        Node node = ground.image().node(source);
        UserId owner = node == null ? null : node.userId();
        return owner == null ? 0 : owner.value();
    }

    private SshReply hold(AuthId id, String message) {
        return new SshReply.Act(SshPolicy.Action.delegate(noiseUrl + CHECK_PATH + "&auth_id=" + id)
                .withMessage(message));
    }

    private static SshReply rejected(String message) {
        return new SshReply.Act(SshPolicy.Action.reject(message));
    }

    @Override
    public Outcome approve(AuthId id, User user) {
        Optional<PendingLogin> login = logins.find(id);
        if (login.isEmpty()) {
            return Outcome.GONE;
        }
        PendingLogin.SshSession session = login.get().sshSession();
        if (session == null) {
            return Outcome.NOT_A_CHECK;
        }
        @Nullable Node source = join(head.get()).image().node(session.source());
        if (source == null) {
            return Outcome.GONE;
        }
        if (!user.id().equals(source.userId())) {
            return Outcome.NOT_THE_OWNER;
        }
        if (logins.decide(id, PendingLogin.State.APPROVED, null).isEmpty()) {
            return Outcome.GONE;
        }
        signals.decided(id);
        LOG.atInfo()
                .addKeyValue("source", session.source())
                .addKeyValue("destination", session.destination())
                .addKeyValue("user", user.id())
                .log("a session over SSH was approved by the owner of its source");
        return Outcome.APPROVED;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static Ground join(CompletableFuture<Ground> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ControlException refused) {
                throw refused;
            }
            throw new ControlException(ErrorCode.INTERNAL, "internal server error", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(ErrorCode.UNAVAILABLE, "the server is stopping", e);
        }
    }
}
