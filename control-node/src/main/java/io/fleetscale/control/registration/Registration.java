package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.LoginSignals;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.GoTime;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import io.fleetscale.wire.tailcfg.RegisterResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The registration of nodes as clients see it. Thread-safe; blocks, a follow-up for up to a minute: for virtual threads.
 * Every answer is given on an image that has reached the head of the log, and a node is in this instance's image before
 * its client is told. Source: control-protocol 4.3, 4.4.
 */
public final class Registration {
    /** How long a follow-up is held; then the same URL is given again, and the client comes back after a moment. */
    static final Duration FOLLOWUP_WAIT = Duration.ofMinutes(1);
    /** A signal may be lost: the database is looked at this often. */
    static final Duration RECHECK = Duration.ofSeconds(5);

    private static final String REGISTER_PATH = "/register/";
    /** Other registrations may take a name or an address first, once for each instance. */
    private static final int MAX_ATTEMPTS = 4;

    private final Changelog changelog;
    private final SecretMac secretMac;
    private final IpPools pools;
    private final PendingLogins logins;
    private final LoginSignals signals;
    private final RegistrationListener listener;
    private final String serverUrl;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;

    /**
     * @param serverUrl as clients reach it; the base of login URLs
     * @param random secure
     */
    public Registration(
            Changelog changelog,
            SecretMac secretMac,
            IpPools pools,
            PendingLogins logins,
            LoginSignals signals,
            RegistrationListener listener,
            String serverUrl,
            InstantSource clock,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.changelog = changelog;
        this.secretMac = secretMac;
        this.pools = pools;
        this.logins = logins;
        this.signals = signals;
        this.listener = listener;
        this.serverUrl = serverUrl.endsWith("/") ? serverUrl.substring(0, serverUrl.length() - 1) : serverUrl;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /**
     * Answers a register request.
     *
     * @param machineKey proven by the Noise handshake
     * @param remoteAddress for the list of waiting logins
     * @throws ControlException INVALID_ARGUMENT for a malformed follow-up, UNAVAILABLE while the database is away,
     *     RESOURCE_EXHAUSTED when too many logins wait
     */
    public RegisterResponse register(MachineKey machineKey, String remoteAddress, RegisterRequest request) {
        RegisterResult result = decide(machineKey, request);
        if (!(result instanceof RegisterResult.NeedsLogin)) {
            return answer(result);
        }
        return request.followup().isEmpty()
                ? startLogin(machineKey, remoteAddress, request)
                : followUp(machineKey, remoteAddress, request);
    }

    /** Reads are decided on the image; only what changes something takes the head of the log. */
    private RegisterResult decide(MachineKey machineKey, RegisterRequest request) {
        RegistrationDecider decider = new RegistrationDecider(machineKey, request, secretMac, pools);
        TailnetImage image = Waits.join(changelog.current());
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        Decision<RegisterResult> tentative = decider.decide(image, new DecisionContext(now, random));
        if (tentative.changes().isEmpty()) {
            return tentative.reply();
        }
        RegisterResult result = write(decider);
        if (result instanceof RegisterResult.Accepted accepted) {
            listener.registered(accepted.node(), request.hostinfo());
        }
        return result;
    }

    private RegisterResult write(RegistrationDecider decider) {
        for (int attempt = 1; ; attempt++) {
            try {
                return Waits.join(changelog.write(decider));
            } catch (ControlException e) {
                if (e.code() != ErrorCode.ABORTED || attempt == MAX_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private RegisterResponse startLogin(MachineKey machineKey, String remoteAddress, RegisterRequest request) {
        PendingLogin login = new PendingLogin(
                AuthId.next(random),
                machineKey,
                request.nodeKey(),
                request.oldNodeKey(),
                request.lockKey(),
                request.hostinfo(),
                request.ephemeral(),
                request.expiry(),
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                remoteAddress,
                PendingLogin.State.WAITING,
                null);
        logins.add(login);
        return RegisterResponse.needsLogin(serverUrl + REGISTER_PATH + login.id());
    }

    private RegisterResponse followUp(MachineKey machineKey, String remoteAddress, RegisterRequest request) {
        AuthId id = followedId(request.followup());
        long deadlineNanos = nanoTime.getAsLong() + FOLLOWUP_WAIT.toNanos();
        try (LoginSignals.Watch watch = signals.watch(id)) {
            while (true) {
                // Another machine's login, and one for another key, is answered like one that never was.
                Optional<PendingLogin> login = logins.find(id)
                        .filter(found -> found.isRegistration()
                                && found.machineKey().equals(machineKey)
                                && found.nodeKey().equals(request.nodeKey()));
                RegisterResult result = decide(machineKey, request);
                if (!(result instanceof RegisterResult.NeedsLogin)) {
                    return answer(result);
                }
                if (login.isEmpty()) {
                    return startLogin(machineKey, remoteAddress, request);
                }
                switch (login.get().state()) {
                    case REJECTED -> {
                        String reason = login.get().reason();
                        return RegisterResponse.refused(reason.isEmpty() ? "auth request rejected" : reason);
                    }
                    // Approved without a node, or the node is gone again.
                    case APPROVED, REGISTERED -> {
                        return startLogin(machineKey, remoteAddress, request);
                    }
                    case WAITING -> {}
                }
                long leftNanos = deadlineNanos - nanoTime.getAsLong();
                if (leftNanos <= 0) {
                    return RegisterResponse.needsLogin(serverUrl + REGISTER_PATH + id);
                }
                watch.await(Math.min(leftNanos, RECHECK.toNanos()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException(ErrorCode.UNAVAILABLE, "the server is stopping", e);
        }
    }

    private static AuthId followedId(String url) {
        int path = url.indexOf(REGISTER_PATH);
        if (path < 0) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "invalid followup URL");
        }
        try {
            return AuthId.parse(url.substring(path + REGISTER_PATH.length()));
        } catch (ControlException e) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "invalid registration ID", e);
        }
    }

    private RegisterResponse answer(RegisterResult result) {
        return switch (result) {
            case RegisterResult.Accepted(Node node) ->
                changelog.image().isAuthorized(node)
                        ? RegisterResponse.registered(profile(node), false)
                        : RegisterResponse.notApproved(profile(node));
            case RegisterResult.LoggedOut(Node node) -> RegisterResponse.registered(profile(node), true);
            case RegisterResult.KeyExpired(), RegisterResult.Removed() -> RegisterResponse.keyExpired();
            case RegisterResult.Refused(String reason) -> RegisterResponse.refused(reason);
            case RegisterResult.NeedsLogin() -> throw new IllegalStateException("a login has no answer yet");
        };
    }

    private RegisterResponse.Profile profile(Node node) {
        User owner = changelog.image().ownerOf(node);
        return new RegisterResponse.Profile(
                owner.id().value(),
                owner.loginName(),
                owner.shownName(),
                owner.provider(),
                owner.profilePicUrl(),
                owner.createdAt().equals(GoTime.ZERO) ? null : owner.createdAt());
    }
}
