package io.fleetscale.control.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import io.fleetscale.config.OidcConfig;
import io.fleetscale.config.Secret;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.oidc.Browser.Page;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.RegisterMethod;
import io.fleetscale.control.tailnet.User;
import java.io.IOException;
import java.net.HttpCookie;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole logins, from the machine's URL to the registered node. The provider checks every parameter. */
class OidcLoginIT {
    private final Browser browser = new Browser();
    private StrictProvider provider;
    private @Nullable LoginServer server;

    OidcLoginIT() throws IOException {
        provider = new StrictProvider();
    }

    @BeforeEach
    void person() {
        provider.tokenClaims.putAll(Map.of("preferred_username", "ann", "name", "Ann Lee"));
    }

    @AfterEach
    void close() throws Exception {
        browser.close();
        if (server != null) {
            server.close();
        }
        provider.close();
        assertThat(provider.violations).isEmpty();
    }

    private LoginServer start(UnaryOperator<Knobs> knobs) throws Exception {
        return start(knobs, 1);
    }

    private LoginServer start(UnaryOperator<Knobs> knobs, int instances) throws Exception {
        Knobs set = knobs.apply(new Knobs());
        LoginServer started = new LoginServer(set.config(provider.issuer()), instances, Duration.ofMillis(100));
        server = started;
        provider.redirectUri = started.serverUrl() + "/oidc/callback";
        provider.expectsPkce = set.pkce != OidcConfig.Pkce.OFF;
        return started;
    }

    private LoginServer start() throws Exception {
        return start(knobs -> knobs);
    }

    private Page finish(PendingLogin login) throws Exception {
        LoginServer running = running();
        Page question = browser.open(running.registerUri(login));
        assertThat(question.status()).as(question.text()).isEqualTo(200);
        return browser.press(question);
    }

    private LoginServer running() {
        if (server == null) {
            throw new AssertionError("not started");
        }
        return server;
    }

    private Node node(PendingLogin login) {
        Node node = running().tailnet.image().nodeByKey(login.nodeKey());
        if (node == null) {
            throw new AssertionError("no node of " + login.id());
        }
        return node;
    }

    @Test
    void aPersonLogsInAndConfirmsTheMachine() throws Exception {
        LoginServer started = start();
        PendingLogin login = started.machine("laptop");

        Page question = browser.open(started.registerUri(login));
        assertThat(question.text())
                .contains("Ann Lee", "laptop", "linux", login.machineKey().toShortText(), "192.0.2.44");
        assertThat(started.tailnet.image().nodes()).isEmpty();

        Page done = browser.press(question);

        assertThat(done.status()).isEqualTo(200);
        assertThat(done.text()).contains("Node registered");
        User user = started.onlyUser();
        assertThat(user.name()).isEqualTo("ann");
        assertThat(user.provider()).isEqualTo("oidc");
        assertThat(user.providerId()).isEqualTo(provider.issuer() + "/subject-1");
        assertThat(node(login).userId()).isEqualTo(user.id());
        assertThat(node(login).registerMethod()).isEqualTo(RegisterMethod.OIDC);
        assertThat(started.logins.find(login.id()).orElseThrow().state()).isEqualTo(PendingLogin.State.REGISTERED);
    }

    @ParameterizedTest
    @CsvSource({"S256", "OFF"})
    void proofKeysGoWithTheCode(OidcConfig.Pkce pkce) throws Exception {
        LoginServer started = start(knobs -> knobs.pkce(pkce));

        assertThat(finish(started.machine("laptop")).status()).isEqualTo(200);
    }

    @Test
    void anyInstanceGoesOnWithALoginThatAnotherBegan() throws Exception {
        LoginServer started = start(knobs -> knobs.pkce(OidcConfig.Pkce.S256), 2);
        PendingLogin login = started.machine("laptop");

        Page toIssuer = browser.get(started.registerUri(login));
        Page toCallback = browser.get(toIssuer.next());
        Page question = browser.get(started.at(1, toCallback.next()));
        Page done = browser.post(started.at(0, question.action()), OidcRoutes.CONFIRM_NAME + "=" + question.field());

        assertThat(done.status()).as(done.text()).isEqualTo(200);
    }

    @Test
    void replayedStateIsRefusedOnEveryInstance() throws Exception {
        LoginServer started = start(knobs -> knobs, 2);
        Page toIssuer = browser.get(started.registerUri(started.machine("laptop")));
        URI callback = browser.get(toIssuer.next()).next();
        List<HttpCookie> before = List.copyOf(browser.cookies.getCookieStore().getCookies());
        assertThat(browser.get(callback).status()).isEqualTo(200);
        before.forEach(cookie -> browser.cookies.getCookieStore().add(callback, cookie));

        assertThat(browser.get(callback).status()).isIn(400, 404);
        before.forEach(cookie -> browser.cookies.getCookieStore().add(callback, cookie));
        assertThat(browser.get(started.at(1, callback)).status()).isIn(400, 404);
    }

    /** Login CSRF: the attacker's own callback URL in the victim's browser. */
    @Test
    void theCallbackOfAnotherBrowserIsRefused() throws Exception {
        LoginServer started = start();
        URI attackers = browser.get(browser.get(started.registerUri(started.machine("evil")))
                        .next())
                .next();
        try (Browser victim = new Browser()) {
            assertThat(victim.get(attackers).status()).isEqualTo(400);
            // with cookies of a login of their own
            victim.get(started.registerUri(started.machine("laptop")));
            assertThat(victim.get(attackers).status()).isIn(400, 403);
        }
        assertThat(started.tailnet.image().users()).isEmpty();
    }

    /** Device phishing: the question is answered only by the browser that was asked. */
    @Test
    void aConfirmationNeedsTheBrowserThatWasAsked() throws Exception {
        LoginServer started = start();
        PendingLogin login = started.machine("laptop");
        PendingLogin other = started.machine("other");
        Page question = browser.open(started.registerUri(login));
        String field = OidcRoutes.CONFIRM_NAME + "=" + question.field();

        try (Browser stranger = new Browser()) {
            assertThat(stranger.post(question.action(), field).status()).isEqualTo(403);
        }
        assertThat(browser.post(question.action(), "x=y").status()).isEqualTo(400);
        assertThat(browser.post(question.action(), OidcRoutes.CONFIRM_NAME + "=forged")
                        .status())
                .isEqualTo(403);
        URI otherAction = URI.create(started.serverUrl() + "/register/confirm/" + other.id());
        assertThat(browser.post(otherAction, field).status()).isEqualTo(403);
        assertThat(browser.post(question.action(), field + "&pad=" + "x".repeat(5000))
                        .status())
                .isEqualTo(413);
        assertThat(started.tailnet.image().nodes()).isEmpty();

        assertThat(browser.post(question.action(), field).status()).isEqualTo(200);
        assertThat(browser.post(question.action(), field).status()).as("again").isIn(403, 410);
    }

    @Test
    void severalTabsDoNotDisturbEachOther() throws Exception {
        LoginServer started = start();
        PendingLogin first = started.machine("first");
        PendingLogin second = started.machine("second");
        URI firstCallback =
                browser.get(browser.get(started.registerUri(first)).next()).next();
        URI secondCallback =
                browser.get(browser.get(started.registerUri(second)).next()).next();

        assertThat(browser.press(browser.get(firstCallback)).status()).isEqualTo(200);
        assertThat(browser.press(browser.get(secondCallback)).status()).isEqualTo(200);
        assertThat(started.tailnet.image().nodes()).hasSize(2);
    }

    @Test
    void theSamePersonOnTheSameMachineIsTheSameNode() throws Exception {
        LoginServer started = start();
        PendingLogin first = started.machine("laptop");
        finish(first);
        PendingLogin again = started.machine(first.machineKey(), "laptop");
        provider.tokenClaims.put("preferred_username", "renamed");

        Page done = finish(again);

        assertThat(node(again).id().value()).isEqualTo(1);
        assertThat(started.tailnet.image().nodes()).hasSize(1);
        assertThat(started.onlyUser().name()).isEqualTo("renamed");
        assertThat(done.text()).contains("Node re");
    }

    /** One machine, two people in turn: each has a node of their own on it, and finds it again. */
    @Test
    void eachPersonHasANodeOnASharedMachine() throws Exception {
        LoginServer started = start();
        PendingLogin first = started.machine("desk");
        finish(first);
        provider.subject = "subject-2";
        browser.cookies.getCookieStore().removeAll();
        PendingLogin second = started.machine(first.machineKey(), "desk");
        finish(second);
        assertThat(node(second).id()).isNotEqualTo(node(first).id());
        assertThat(node(second).userId()).isNotEqualTo(node(first).userId());

        provider.subject = "subject-1";
        browser.cookies.getCookieStore().removeAll();
        PendingLogin third = started.machine(first.machineKey(), "desk");
        finish(third);

        assertThat(node(third).id().value()).isEqualTo(1);
        assertThat(started.tailnet.image().nodes()).hasSize(2);
    }

    @Test
    void groupsAreThoseOfTheLastLogin() throws Exception {
        LoginServer started = start();
        provider.tokenClaims.put("groups", List.of("/vpn/admins", "staff"));
        PendingLogin first = started.machine("laptop");
        finish(first);
        assertThat(started.onlyUser().groups()).containsExactly("/vpn/admins", "staff");

        provider.tokenClaims.put("groups", List.of("staff"));
        finish(started.machine(first.machineKey(), "laptop"));
        assertThat(started.onlyUser().groups()).containsExactly("staff");
    }

    /** Take-over by e-mail or name: only issuer and subject say who somebody is. */
    @Test
    void anotherSubjectWithTheSameMailAndNameIsAnotherUser() throws Exception {
        LoginServer started = start();
        started.tailnet.user("ann"); // a local user of that name
        provider.tokenClaims.putAll(Map.of("email", "ann@example.com", "email_verified", true));
        PendingLogin first = started.machine("laptop");
        finish(first);
        provider.subject = "subject-2";
        browser.cookies.getCookieStore().removeAll();
        PendingLogin second = started.machine("phone");
        finish(second);

        assertThat(started.tailnet.image().users()).hasSize(3);
        assertThat(node(second).userId()).isNotEqualTo(node(first).userId());
    }

    @Test
    void aLoginThatIsGoneSaysSo() throws Exception {
        LoginServer started = start();
        PendingLogin login = started.machine("laptop");
        Page question = browser.open(started.registerUri(login));
        started.logins.decide(login.id(), PendingLogin.State.REJECTED, null);

        Page late = browser.press(question);
        assertThat(late.status()).isEqualTo(410);
        assertThat(late.text()).contains("Your session has expired");
        assertThat(browser.open(started.registerUri(login)).status()).isEqualTo(410);
        assertThat(browser.get(URI.create(started.serverUrl() + "/register/%3Cscript%3E"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void whoComesBackTooLateStartsAgain() throws Exception {
        LoginServer started = start();
        URI callback = browser.get(browser.get(started.registerUri(started.machine("laptop")))
                        .next())
                .next();
        started.later = Duration.ofMinutes(16);

        assertThat(browser.get(callback).status()).isEqualTo(410);
    }

    /** F019: the browser is told, the machine is told, and nothing has changed. */
    @Test
    void tagsThatThePersonMayNotHaveAreRefusedForGood() throws Exception {
        LoginServer started = start();
        PendingLogin login = started.machine("laptop", "tag:c");

        Page page = finish(login);

        assertThat(page.status()).isEqualTo(403);
        assertThat(page.text()).contains("requested tags [tag:c] are invalid or not permitted");
        PendingLogin decided = started.logins.find(login.id()).orElseThrow();
        assertThat(decided.state()).isEqualTo(PendingLogin.State.REJECTED);
        assertThat(decided.reason()).isEqualTo("requested tags [tag:c] are invalid or not permitted");
        assertThat(started.tailnet.image().nodes()).isEmpty();
    }

    @Test
    void theTokenDecidesAboutTheExpiryOnlyIfConfigured() throws Exception {
        LoginServer started = start(Knobs::expiryFromToken);
        started.tailnet.defaultExpiry(Duration.ofDays(30));
        PendingLogin login = started.machine("laptop");
        finish(login);
        assertThat(node(login).expiry())
                .isBetween(
                        Instant.now().plus(Duration.ofMinutes(59)),
                        Instant.now().plus(Duration.ofMinutes(61)));
    }

    @Test
    void theConfiguredExpiryHoldsForLogins() throws Exception {
        LoginServer started = start();
        started.tailnet.defaultExpiry(Duration.ofDays(30));
        PendingLogin login = started.machine("laptop");
        finish(login);
        assertThat(node(login).expiry()).isEqualTo(started.tailnet.now().plus(30, ChronoUnit.DAYS));
    }

    @Test
    void textFromOutsideIsShownAsText() throws Exception {
        LoginServer started = start();
        provider.tokenClaims.put("name", "<script>alert(1)</script>");
        Page question = browser.open(started.registerUri(started.machine("<img src=x onerror=alert(2)>")));

        assertThat(question.text()).doesNotContain("<script", "<img");
        assertThat(question.headers()).contains("default-src 'none'", "frame-ancestors 'none'");
        provider.refuses = true;
        Page refused = browser.open(started.registerUri(started.machine("laptop")));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.text()).doesNotContain("script", "access_denied");
    }

    @Test
    void aCheckIsApprovedByLogin() throws Exception {
        LoginServer started = start();
        URI check =
                URI.create(started.serverUrl() + "/auth/" + started.machine("x").id());
        started.checkOutcome = CheckLogins.Outcome.APPROVED;
        assertThat(browser.open(check).text()).contains("Session approved");
        started.checkOutcome = CheckLogins.Outcome.NOT_THE_OWNER;
        assertThat(browser.open(check).status()).isEqualTo(403);
        started.checkOutcome = CheckLogins.Outcome.GONE;
        assertThat(browser.open(check).status()).isEqualTo(410);
        started.checkOutcome = CheckLogins.Outcome.NOT_A_CHECK;
        assertThat(browser.open(check).status()).isEqualTo(400);
        assertThat(started.tailnet.image().nodes()).isEmpty();
    }

    // ---- tokens ----

    @Test
    void badTokensAreRefused() throws Exception {
        LoginServer started = start();
        provider.otherNonce = "of another login";
        assertThat(status(started)).isEqualTo(403);
        provider.otherNonce = null;
        provider.otherAudience = "another client";
        assertThat(status(started)).isEqualTo(403);
        provider.otherAudience = null;
        provider.otherKey = new RSAKeyGenerator(2048).keyID("k1").generate();
        assertThat(status(started)).isEqualTo(403);
        provider.otherKey = null;
        provider.omitsIdToken = true;
        assertThat(status(started)).isEqualTo(400);
        provider.omitsIdToken = false;
        assertThat(started.tailnet.image().users()).isEmpty();
        assertThat(status(started)).isEqualTo(200);
    }

    /** F060. */
    @ParameterizedTest
    @CsvSource({"30, 3600, 200", "600, 3600, 403", "-3630, 3600, 200", "-4200, 3600, 403"})
    void clocksMayDifferALittle(int aheadSeconds, int lifeSeconds, int status) throws Exception {
        LoginServer started = start();
        provider.clockAhead = Duration.ofSeconds(aheadSeconds);
        provider.tokenLife = Duration.ofSeconds(lifeSeconds);

        Page page = browser.open(started.registerUri(started.machine("laptop")));

        assertThat(page.status()).as(page.text()).isEqualTo(status);
        if (aheadSeconds > 120) {
            assertThat(page.text()).containsPattern("clock of the login service is (599|600) s ahead");
        }
    }

    private int status(LoginServer started) throws Exception {
        return browser.open(started.registerUri(started.machine("laptop"))).status();
    }

    // ---- the issuer is away ----

    @Test
    void anIssuerThatGoesAwayIsAClearPage() throws Exception {
        LoginServer started = start();
        provider.brokenTokenEndpoint = true;
        Page page = browser.open(started.registerUri(started.machine("laptop")));
        assertThat(page.status()).isEqualTo(503);
        assertThat(page.text()).contains("The login service does not answer");

        URI callback = browser.get(browser.get(started.registerUri(started.machine("laptop")))
                        .next())
                .next();
        provider.close();
        Page gone = browser.get(callback);
        assertThat(gone.status()).isEqualTo(503);
        assertThat(gone.text()).contains("The login service does not answer");
    }

    @Test
    void theServerNeedsTheIssuerAtItsStartIfSoConfigured() {
        int port = provider.port();
        provider.close();
        assertThatThrownBy(() -> start(Knobs::onlyWithIssuer))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("http://localhost:" + port)
                .hasMessageContaining("oidc.only_start_if_oidc_is_available");
    }

    /** F060: web and command line until it answers, then the issuer, without a restart. */
    @Test
    void anIssuerThatComesLaterIsUsedThen() throws Exception {
        int port = provider.port();
        OidcConfig config = new Knobs().config(provider.issuer());
        provider.close();
        try (LoginServer started = new LoginServer(config, 1, Duration.ofMillis(100))) {
            PendingLogin login = started.machine("laptop");
            assertThat(browser.open(started.registerUri(login)).text())
                    .contains("headscale auth register --auth-id " + login.id());
            provider = new StrictProvider(port, null);
            provider.redirectUri = started.serverUrl() + "/oidc/callback";

            await().atMost(Duration.ofSeconds(10))
                    .until(() -> browser.get(started.registerUri(login)).status() == 302);
            assertThat(browser.press(browser.open(started.registerUri(login))).status())
                    .isEqualTo(200);
        }
    }

    /** What of the configuration these tests turn. */
    private record Knobs(OidcConfig.Pkce pkce, boolean fromToken, boolean needsIssuer) {
        Knobs() {
            this(OidcConfig.Pkce.OFF, false, false);
        }

        Knobs pkce(OidcConfig.Pkce method) {
            return new Knobs(method, fromToken, needsIssuer);
        }

        Knobs expiryFromToken() {
            return new Knobs(pkce, true, needsIssuer);
        }

        Knobs onlyWithIssuer() {
            return new Knobs(pkce, fromToken, true);
        }

        OidcConfig config(String issuer) {
            return new OidcConfig(
                    issuer,
                    needsIssuer,
                    StrictProvider.CLIENT_ID,
                    new Secret(StrictProvider.CLIENT_SECRET),
                    null,
                    List.of("openid", "profile", "email"),
                    Map.of("domain_hint", "example.com"),
                    new OidcConfig.Allowed(List.of(), List.of(), List.of()),
                    true,
                    fromToken,
                    pkce,
                    null,
                    "groups");
        }
    }
}
