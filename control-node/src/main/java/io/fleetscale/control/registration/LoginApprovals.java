package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.LoginSignals;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.RegisterMethod;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What people do with waiting logins, over any interface. Thread-safe. Every future fails with a {@link ControlException}
 * whose code and text are headscale's. Source: headscale-surface 1.4 "RegisterNode / AuthRegister", "AuthApprove".
 */
public final class LoginApprovals {
    private final Changelog changelog;
    private final TagOwners tagOwners;
    private final IpPools pools;
    private final PendingLogins logins;
    private final LoginSignals signals;
    private final RegistrationListener listener;
    private final Executor executor;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * @param executor runs blocking work, one virtual thread for each task
     * @param random secure
     */
    public LoginApprovals(
            Changelog changelog,
            TagOwners tagOwners,
            IpPools pools,
            PendingLogins logins,
            LoginSignals signals,
            RegistrationListener listener,
            Executor executor,
            InstantSource clock,
            RandomGenerator random) {
        this.changelog = changelog;
        this.tagOwners = tagOwners;
        this.pools = pools;
        this.logins = logins;
        this.signals = signals;
        this.listener = listener;
        this.executor = executor;
        this.clock = clock;
        this.random = random;
    }

    /**
     * RegisterNode and AuthRegister: lets the node in as the user's; completes with the node. UNKNOWN for a malformed id,
     * {@code looking up user: user not found}, {@code node not found in registration cache: ...}.
     */
    public CompletableFuture<Node> register(String userName, String authId) {
        return run(() -> registerNow(AuthId.parse(authId), userName));
    }

    /**
     * Lets the node in as the user's who has logged in at the issuer. A node that the user may not have (its tags) is
     * rejected for good, and its person is told why. Fails like {@link #register}.
     *
     * @param expiry of the node's key, absent = as the client asked or as configured
     */
    public CompletableFuture<Node> registerAt(AuthId id, UserId user, @Nullable Instant expiry) {
        return run(() -> {
            PendingLogin login = requireWaiting(id);
            try {
                return enter(expiry == null ? login : login.expiringAt(expiry), user, RegisterMethod.OIDC);
            } catch (ControlException e) {
                if (e.code() == ErrorCode.PERMISSION_DENIED) {
                    logins.refuse(id, e.detail());
                    signals.decided(id);
                }
                throw e;
            }
        });
    }

    /** AuthApprove: completes the wait without a node; the client is given a new URL. */
    public CompletableFuture<PendingLogin> approve(String authId) {
        return run(() -> decide(authId, PendingLogin.State.APPROVED));
    }

    /** AuthReject: the client is told {@code auth request rejected}. */
    public CompletableFuture<PendingLogin> reject(String authId) {
        return run(() -> decide(authId, PendingLogin.State.REJECTED));
    }

    /** Who waits, the oldest first. */
    public CompletableFuture<List<PendingLogin>> waiting() {
        return run(logins::waiting);
    }

    /**
     * DebugCreateNode: stores a login with fresh random keys, so that {@link #register} with this id makes a node. UNKNOWN
     * {@code user not found}, for a malformed id or route.
     */
    public CompletableFuture<PendingLogin> createForDebugging(
            String userName, String authId, String hostname, List<String> routes) {
        return run(() -> {
            Users.requireByName(Waits.join(changelog.current()), userName);
            routes.forEach(LoginApprovals::requireRoute);
            PendingLogin login = new PendingLogin(
                    AuthId.parse(authId),
                    MachineKey.of(randomKey()),
                    NodeKey.of(randomKey()),
                    NodeKey.ZERO,
                    LockKey.ZERO,
                    Hostinfo.ofHostname(hostname),
                    false,
                    null,
                    clock.instant().truncatedTo(ChronoUnit.MICROS),
                    "",
                    PendingLogin.State.WAITING,
                    null);
            logins.add(login);
            return login;
        });
    }

    private Node registerNow(AuthId id, String userName) {
        UserId owner = lookUp(Waits.join(changelog.current()), userName).id();
        return enter(requireWaiting(id), owner, RegisterMethod.CLI);
    }

    private PendingLogin requireWaiting(AuthId id) {
        PendingLogin login = logins.find(id)
                .orElseThrow(() -> new ControlException(
                        ErrorCode.UNKNOWN,
                        ErrorCode.NOT_FOUND,
                        "node not found in registration cache: " + id
                                + " is unknown or expired, run `tailscale up` again"));
        if (!login.isRegistration()) {
            throw new ControlException(
                    ErrorCode.UNKNOWN,
                    ErrorCode.FAILED_PRECONDITION,
                    id + " is a session over SSH and no machine: approve it with `auth approve`");
        }
        if (!login.isWaiting()) {
            throw new ControlException(
                    ErrorCode.UNKNOWN,
                    ErrorCode.FAILED_PRECONDITION,
                    "node not found in registration cache: " + id + " was "
                            + switch (login.state()) {
                                case REGISTERED -> "approved already, as node " + login.nodeId();
                                case REJECTED -> "rejected already";
                                case APPROVED, WAITING -> "approved already";
                            });
        }
        return login;
    }

    private Node enter(PendingLogin login, UserId owner, RegisterMethod method) {
        Node node = Waits.join(changelog.write(new LoginRegistration(login, owner, method, tagOwners, pools)));
        listener.registered(node, login.hostinfo());
        logins.decide(login.id(), PendingLogin.State.REGISTERED, node.id());
        signals.decided(login.id());
        return node;
    }

    private static User lookUp(TailnetImage image, String userName) {
        try {
            return Users.requireByName(image, userName);
        } catch (ControlException e) {
            throw new ControlException(e.code(), "looking up user: " + e.detail(), e);
        }
    }

    private PendingLogin decide(String authId, PendingLogin.State state) {
        AuthId id;
        try {
            id = AuthId.parse(authId);
        } catch (ControlException e) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "invalid auth_id: " + e.detail(), e);
        }
        PendingLogin decided = logins.decide(id, state, null)
                .orElseThrow(
                        () -> new ControlException(ErrorCode.NOT_FOUND, "no pending auth session for auth_id " + id));
        signals.decided(id);
        return decided;
    }

    private static void requireRoute(String route) {
        try {
            IpPrefix.parse(route);
        } catch (IllegalArgumentException e) {
            throw new ControlException(ErrorCode.UNKNOWN, "parsing route: " + e.getMessage());
        }
    }

    private byte[] randomKey() {
        byte[] key = new byte[32];
        random.nextBytes(key);
        return key;
    }

    private <R> CompletableFuture<R> run(Supplier<R> work) {
        return CompletableFuture.supplyAsync(work, executor);
    }
}
