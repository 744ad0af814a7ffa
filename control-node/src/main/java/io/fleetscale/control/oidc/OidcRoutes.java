package io.fleetscale.control.oidc;

import io.fleetscale.config.OidcConfig;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.frontdoor.http.Cookies;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.registration.LoginApprovals;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.user.ProviderIdentity;
import io.fleetscale.control.user.Users;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pages of a login: to the issuer, back from it, and the question whether the machine is the person's own. Thread-safe;
 * handlers block. Source: headscale-surface 3.4, 7.4.
 */
public final class OidcRoutes {
    static final String CONFIRM_NAME = "headscale_register_confirm";

    private static final Logger LOG = LoggerFactory.getLogger(OidcRoutes.class);
    /** From the first page to the return from the issuer, and from there to the confirmation. */
    private static final Duration STEP_LIMIT = Duration.ofMinutes(15);

    private static final Duration COOKIE_LIFE = Duration.ofHours(1);
    private static final int COOKIE_SUFFIX = 6;
    private static final int MAX_FORM_BYTES = 4 * 1024;
    private static final int MAX_PARAMETER = 8 * 1024;

    private final Issuer issuer;
    private final Admission admission;
    private final boolean expiryFromToken;
    private final Users users;
    private final PendingLogins logins;
    private final LoginApprovals approvals;
    private final CheckLogins checks;
    private final LoggedInPage otherPages;
    private final UsedStates usedStates;
    private final boolean secureCookies;
    private final Sealer states;
    private final Sealer confirmations;
    private final InstantSource clock;
    private final SecureRandom random;

    /**
     * @param serverUrl as browsers reach it
     * @param otherPages what a person sees who logged in for {@link #begin(HttpCall, String)}
     * @param secrets common to all instances: any of them opens what another one sealed
     */
    public OidcRoutes(
            Issuer issuer,
            OidcConfig config,
            String serverUrl,
            Users users,
            PendingLogins logins,
            LoginApprovals approvals,
            CheckLogins checks,
            LoggedInPage otherPages,
            UsedStates usedStates,
            SecretMac secrets,
            InstantSource clock,
            SecureRandom random) {
        this.issuer = issuer;
        this.admission = new Admission(config.allowed(), config.emailVerifiedRequired());
        this.expiryFromToken = config.useExpiryFromToken();
        this.users = users;
        this.logins = logins;
        this.approvals = approvals;
        this.checks = checks;
        this.otherPages = otherPages;
        this.usedStates = usedStates;
        this.secureCookies = serverUrl.startsWith("https://");
        this.states = Sealer.derive(secrets, "oidc state", random);
        this.confirmations = Sealer.derive(secrets, "oidc confirmation", random);
        this.clock = clock;
        this.random = random;
    }

    /**
     * @param registerPage shown for {@code /register/<id>} while the issuer is not known
     * @param checkPage the same for {@code /auth/<id>}
     */
    public void register(RouteTable.Builder routes, RouteHandler registerPage, RouteHandler checkPage) {
        routes.get("/register/{id}", call -> begin(call, true, registerPage))
                .get("/auth/{id}", call -> begin(call, false, checkPage))
                .get("/oidc/callback", call -> guarded(() -> callback(call)))
                .route("POST", "/register/confirm/{id}", MAX_FORM_BYTES, call -> guarded(() -> confirm(call)));
    }

    private HttpReply begin(HttpCall call, boolean registration, RouteHandler fallback) throws Exception {
        Optional<IssuerClient> client = issuer.client();
        if (client.isEmpty()) {
            return fallback.handle(call);
        }
        return guarded(() -> begin(
                call,
                client.get(),
                registration ? LoginState.Purpose.REGISTER : LoginState.Purpose.CHECK,
                authId(call.variable("id")).text()));
    }

    /**
     * Lets a person log in for a page of another feature.
     *
     * @param memo what that page has to remember meanwhile: one line, at most {@link LoginState#MAX_MEMO} characters
     */
    public HttpReply begin(HttpCall call, String memo) {
        return guarded(() -> begin(
                call,
                issuer.client().orElseThrow(() -> IssuerClient.issuerAway("a login before the issuer was found", null)),
                LoginState.Purpose.PAGE,
                memo));
    }

    private HttpReply begin(HttpCall call, IssuerClient client, LoginState.Purpose purpose, String about) {
        LoginState login = LoginState.begin(purpose, about, clock.instant().plus(STEP_LIMIT), random);
        String state = login.seal(states);
        String suffix = state.substring(0, COOKIE_SUFFIX);
        return HttpReply.empty(302)
                .withHeader("Location", client.authorizationUri(state, login).toString())
                .withHeader("Cache-Control", "no-store")
                .withHeader("Set-Cookie", callbackCookie(call, "state_" + suffix, state))
                .withHeader("Set-Cookie", callbackCookie(call, "nonce_" + suffix, login.nonce()));
    }

    private HttpReply callback(HttpCall call) throws LoginRefused {
        IssuerClient client = issuer.client()
                .orElseThrow(() -> IssuerClient.issuerAway("a login came back before the issuer was found", null));
        String state = parameter(call, "state");
        if (state.length() < COOKIE_SUFFIX) {
            throw LoginRefused.because(400, "callback without state");
        }
        String suffix = state.substring(0, COOKIE_SUFFIX);
        String stateCookie = Cookies.read(call, "state_" + suffix)
                .orElseThrow(() -> LoginRefused.because(400, "callback without the state's cookie"));
        requireEqual(stateCookie, state, "the state is not that of this browser");
        LoginState login = LoginState.open(state, states)
                .orElseThrow(() -> LoginRefused.because(403, "the state was not made here"));
        String nonceCookie = Cookies.read(call, "nonce_" + suffix)
                .orElseThrow(() -> LoginRefused.because(400, "callback without the nonce's cookie"));
        requireEqual(nonceCookie, login.nonce(), "the nonce is not that of this browser");
        if (!login.expires().isAfter(clock.instant())) {
            throw LoginRefused.because(410, "the person came back too late");
        }
        if (!usedStates.use(state, login.expires())) {
            throw LoginRefused.because(404, "the state was used before");
        }
        String code = parameter(call, "code");
        if (code.isEmpty()) {
            throw parameter(call, "error").isEmpty()
                    ? LoginRefused.because(400, "callback without code")
                    : LoginRefused.withHint(
                            403, "the issuer refused the login", "The login service refused the login.");
        }
        Identity identity = client.exchange(code, login);
        User user = signIn(identity);
        HttpReply page = switch (login.purpose()) {
            case REGISTER -> question(call, login, identity, user);
            case CHECK -> check(login.authId(), user);
            case PAGE -> otherPages.show(call, user, login.about());
        };
        return page.withHeader("Set-Cookie", Cookies.expired("state_" + suffix, "/oidc/callback"))
                .withHeader("Set-Cookie", Cookies.expired("nonce_" + suffix, "/oidc/callback"));
    }

    private User signIn(Identity identity) throws LoginRefused {
        switch (admission.judge(identity)) {
            case Admission.Verdict.Refused(String hint) ->
                throw LoginRefused.withHint(401, "subject " + identity.subject() + ": " + hint, hint);
            case Admission.Verdict.Admitted(String email) -> {
                if (email.isEmpty() && !identity.email().isEmpty()) {
                    LOG.atInfo()
                            .addKeyValue("subject", identity.subject())
                            .log("the e-mail address is not stored: it is not verified or not valid");
                }
                ProviderIdentity known = new ProviderIdentity(
                        identity.issuer(),
                        identity.subject(),
                        identity.preferredUsername(),
                        identity.name(),
                        email,
                        identity.picture(),
                        identity.groups());
                return actor(known).<User, RuntimeException>call(() -> join(users.signIn(known)));
            }
        }
    }

    /** Who makes or changes the user, for the audit log: the person, as the issuer tells. */
    private static Actor actor(ProviderIdentity identity) {
        return new Actor(
                identity.identifier(),
                Actor.Type.USER,
                identity.email().isEmpty() ? identity.userName() : identity.email(),
                identity.displayName(),
                List.of(),
                Actor.Origin.IDENTITY_PROVIDER,
                "oidc",
                "");
    }

    private HttpReply question(HttpCall call, LoginState login, Identity identity, User user) throws LoginRefused {
        PendingLogin waiting = waiting(login.authId());
        Instant nodeExpiry = expiryFromToken ? identity.tokenExpiry() : null;
        String token = new Confirmation(
                        waiting.id(), user.id(), nodeExpiry, clock.instant().plus(STEP_LIMIT))
                .seal(confirmations, random);
        return OidcPages.confirm(waiting, user, token)
                .withHeader("Cache-Control", "no-store")
                .withHeader(
                        "Set-Cookie",
                        Cookies.set(
                                CONFIRM_NAME,
                                token,
                                "/register/confirm/" + waiting.id(),
                                STEP_LIMIT,
                                "Strict",
                                secureCookies || call.secure()));
    }

    private PendingLogin waiting(AuthId id) throws LoginRefused {
        return logins.find(id)
                .filter(login -> login.isWaiting() && login.isRegistration())
                .orElseThrow(() -> LoginRefused.withHint(
                        410,
                        "login " + id + " is unknown, has run out or was decided already",
                        "Start again on the machine with: tailscale up"));
    }

    private HttpReply check(AuthId id, User user) throws LoginRefused {
        return switch (checks.approve(id, user)) {
            case APPROVED -> OidcPages.checked();
            case NOT_A_CHECK -> throw LoginRefused.because(400, "login " + id + " is no SSH check");
            case NOT_THE_OWNER ->
                throw LoginRefused.because(403, "user " + user.id() + " does not own the source of SSH check " + id);
            case GONE -> throw LoginRefused.because(410, "SSH check " + id + " is gone");
        };
    }

    private HttpReply confirm(HttpCall call) throws LoginRefused {
        AuthId id = authId(call.variable("id"));
        List<String> field = new QueryStringDecoder(call.bodyText(), StandardCharsets.UTF_8, false, 16)
                .parameters()
                .getOrDefault(CONFIRM_NAME, List.of());
        if (field.isEmpty() || field.getFirst().isEmpty()) {
            throw LoginRefused.because(400, "confirmation without its field");
        }
        String cookie = Cookies.read(call, CONFIRM_NAME)
                .orElseThrow(() -> LoginRefused.because(403, "confirmation without its cookie"));
        requireEqual(cookie, field.getFirst(), "the confirmation is not that of this browser");
        PendingLogin waiting = waiting(id);
        Confirmation confirmation = Confirmation.open(cookie, confirmations)
                .filter(asked -> asked.authId().equals(id))
                .orElseThrow(() -> LoginRefused.because(403, "no confirmation of login " + id + " was asked for"));
        if (!confirmation.expires().isAfter(clock.instant())) {
            throw LoginRefused.because(410, "the confirmation came too late");
        }
        Node node = join(approvals.registerAt(id, confirmation.user(), confirmation.nodeExpiry()));
        User user = join(users.require(confirmation.user()));
        return OidcPages.done(node, user, node.createdAt().isBefore(waiting.createdAt()))
                .withHeader("Set-Cookie", Cookies.expired(CONFIRM_NAME, "/register/confirm/" + id));
    }

    private String callbackCookie(HttpCall call, String name, String value) {
        return Cookies.set(name, value, "/oidc/callback", COOKIE_LIFE, "Lax", secureCookies || call.secure());
    }

    private static AuthId authId(String text) throws LoginRefused {
        if (!AuthId.isWellFormed(text)) {
            throw LoginRefused.because(400, "invalid auth id");
        }
        return AuthId.parse(text);
    }

    private static String parameter(HttpCall call, String name) {
        return call.query(name).filter(value -> value.length() <= MAX_PARAMETER).orElse("");
    }

    private static void requireEqual(String shown, String expected, String otherwise) throws LoginRefused {
        if (!MessageDigest.isEqual(shown.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8))) {
            throw LoginRefused.because(403, otherwise);
        }
    }

    private static <R> R join(CompletableFuture<R> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ControlException refused ? refused : e;
        }
    }

    /** A step of a login. */
    private interface Step {
        HttpReply run() throws LoginRefused;
    }

    private static HttpReply guarded(Step step) {
        try {
            return step.run();
        } catch (LoginRefused e) {
            LOG.atInfo()
                    .addKeyValue("status", e.status())
                    .addKeyValue("reason", e.reason())
                    .log("a login ended");
            return OidcPages.error(e.status(), e.hint());
        } catch (ControlException e) {
            LOG.atInfo()
                    .addKeyValue("code", e.code())
                    .addKeyValue("reason", e.detail())
                    .log("a login ended");
            boolean forPeople = e.code() == ErrorCode.PERMISSION_DENIED || e.code() == ErrorCode.UNAVAILABLE;
            return OidcPages.error(e.code().httpStatus(), forPeople ? e.detail() : null);
        }
    }
}
