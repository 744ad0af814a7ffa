package io.fleetscale.control.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fleetscale.config.OidcConfig;
import io.fleetscale.config.Secret;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.oauthapp.OAuthApps;
import io.fleetscale.control.oidc.Browser.Page;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserStatus;
import io.fleetscale.control.testing.TestTailnet;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A person lets an app provision a device, in a browser: from the app's link to the auth key. Source: tailscale-api-v2 8.14. */
class AppConsentIT {
    private static final String BACK = "http://localhost:8400/back";
    private static final String QUESTION = "fleetscale_app_consent";
    /** Source: RFC 7636 appendix B. */
    private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private final Browser browser = new Browser();
    private final StrictProvider provider = new StrictProvider();
    private final LoginServer server;
    private final OAuthApps.Shown app;

    AppConsentIT() throws Exception {
        provider.tokenClaims.putAll(Map.of("preferred_username", "ann", "name", "Ann Lee"));
        server = new LoginServer(config(provider.issuer()), 2, Duration.ofMillis(100));
        provider.redirectUri = server.serverUrl() + "/oidc/callback";
        app = TestTailnet.get(server.apps.create(new OAuthApps.Wanted(
                "deploy-agent",
                "Puts <b>agents</b> on machines",
                List.of(BACK),
                List.of("auth_keys:create:once"),
                List.of("custom:agent"))));
    }

    private static OidcConfig config(String issuer) {
        return new OidcConfig(
                issuer,
                false,
                StrictProvider.CLIENT_ID,
                new Secret(StrictProvider.CLIENT_SECRET),
                null,
                List.of("openid", "profile", "email"),
                Map.of("domain_hint", "example.com"),
                new OidcConfig.Allowed(List.of(), List.of(), List.of()),
                true,
                false,
                OidcConfig.Pkce.OFF,
                null,
                "groups");
    }

    @BeforeEach
    void before() {
        assertThat(app.secret()).startsWith("tskey-app-");
    }

    @AfterEach
    void close() throws Exception {
        browser.close();
        server.close();
        provider.close();
        assertThat(provider.violations).isEmpty();
    }

    private URI link(String more) {
        return URI.create(server.serverUrl() + "/a/oauth_authorize?client_id=" + app.id() + "&redirect_uri="
                + URLEncoder.encode(BACK, StandardCharsets.UTF_8) + "&response_type=code&state=the+state" + more);
    }

    private Page question(String more) throws Exception {
        Page question = browser.open(link(more));
        assertThat(question.status()).as(question.text()).isEqualTo(200);
        return question;
    }

    private Page answer(Page question, String answer) throws Exception {
        return browser.post(
                question.action(),
                QUESTION + "=" + URLEncoder.encode(question.field(), StandardCharsets.UTF_8) + "&answer=" + answer);
    }

    private Optional<String> redeem(String code, String redirect, String verifier) {
        return TestTailnet.get(server.apps.redeem(app.id(), app.secret(), code, redirect, verifier));
    }

    private static String code(Page answered) {
        assertThat(answered.status()).as(answered.text()).isEqualTo(303);
        assertThat(answered.location()).startsWith(BACK + "?code=").endsWith("&state=the+state");
        return answered.location().replaceAll(".*[?&]code=([^&]*).*", "$1");
    }

    private User status(UserStatus status) {
        User changed = server.onlyUser().withStatus(status);
        server.tailnet.apply(new Change.UserPut(changed));
        return changed;
    }

    @Test
    void aPersonLogsInAndLetsTheApp() throws Exception {
        Page question = question("");
        assertThat(question.text())
                .contains(
                        "Ann Lee", "deploy-agent", "custom:agent", BACK, "Puts &lt;b&gt;agents&lt;/b&gt; on machines");
        assertThat(question.headers())
                .contains("form-action 'self' http://localhost:8400]", "default-src 'none'", "frame-ancestors 'none'")
                .contains("HttpOnly; SameSite=Strict", "no-store");

        String code = code(answer(question, "yes"));
        assertThat(server.tailnet.actors())
                .as("for the audit log")
                .extracting(Actor::displayName, Actor::type, Actor::origin)
                .containsExactly(
                        tuple("Ann Lee", Actor.Type.USER, Actor.Origin.IDENTITY_PROVIDER),
                        tuple("Ann Lee", Actor.Type.USER, Actor.Origin.ADMIN_CONSOLE));

        assertThat(redeem(code, BACK + "/other", "")).isEmpty();
        assertThat(redeem(code, BACK, ""))
                .as("a code that was shown with a wrong address is spent")
                .isEmpty();
        String again = code(answer(question(""), "yes"));
        assertThat(redeem(again, BACK, "").orElseThrow()).startsWith("tskey-auth-");
        assertThat(redeem(again, BACK, "")).isEmpty();
        assertThat(server.tailnet.image().preAuthKeys().values())
                .singleElement()
                .satisfies(key -> {
                    assertThat(key.userId()).isEqualTo(server.onlyUser().id());
                    assertThat(key.reusable()).isFalse();
                });
    }

    @Test
    void aNoGoesBackToTheApp() throws Exception {
        Page answered = answer(question(""), "no");

        assertThat(answered.status()).isEqualTo(303);
        assertThat(answered.location()).isEqualTo(BACK + "?error=access_denied&state=the+state");
        assertThat(server.tailnet.image().preAuthKeys()).isEmpty();
    }

    @Test
    void proofKeysGoWithTheCode() throws Exception {
        String more = "&code_challenge_method=S256&code_challenge=" + CHALLENGE;

        assertThat(redeem(code(answer(question(more), "yes")), BACK, "")).isEmpty();
        assertThat(redeem(code(answer(question(more), "yes")), BACK, VERIFIER)).isPresent();
    }

    @Test
    void strangersGetAPageAndNoRedirect() throws Exception {
        for (String query : List.of(
                "client_id=aUNKNOWN&response_type=code&redirect_uri=" + BACK,
                "client_id=" + app.id() + "&response_type=code&redirect_uri=https://evil.example/",
                "client_id=" + app.id() + "&response_type=code")) {
            Page page = browser.get(URI.create(server.serverUrl() + "/a/oauth_authorize?" + query));
            assertThat(page.status()).isEqualTo(400);
            assertThat(page.location()).isEmpty();
            assertThat(page.text()).doesNotContain("evil.example");
        }
        Page refused = browser.get(URI.create(link("").toString().replace("=code", "=token")));
        assertThat(refused.location()).isEqualTo(BACK + "?error=unsupported_response_type&state=the+state");
    }

    /** A page of a stranger cannot answer in the person's name: it has not the cookie, or not its value. */
    @Test
    void answersOfOtherPagesAreRefused() throws Exception {
        Page question = question("");
        try (Browser stranger = new Browser()) {
            String field = QUESTION + "=" + URLEncoder.encode(question.field(), StandardCharsets.UTF_8) + "&answer=yes";
            assertThat(stranger.post(question.action(), field).status()).isEqualTo(403);
            Page own = stranger.open(link(""));
            assertThat(stranger.post(question.action(), field).status())
                    .as("the question of another browser")
                    .isEqualTo(403);
            assertThat(own.status()).isEqualTo(200);
        }
        assertThat(browser.post(question.action(), "answer=yes").status()).isEqualTo(403);
        assertThat(answer(question, "perhaps").status()).isEqualTo(403);
        assertThat(server.tailnet.image().preAuthKeys()).isEmpty();
    }

    @Test
    void anAnswerIsGivenOnce() throws Exception {
        Page question = question("");
        assertThat(answer(question, "yes").status()).isEqualTo(303);

        assertThat(answer(question, "yes").status()).isEqualTo(403);
    }

    @Test
    void questionsRunOut() throws Exception {
        Page question = question("");
        server.later = Duration.ofMinutes(10);

        assertThat(answer(question, "yes").status()).isEqualTo(410);
    }

    @Test
    void whoIsNotActiveConsentsToNothing() throws Exception {
        Page question = question("");
        User suspended = status(UserStatus.SUSPENDED);

        assertThat(answer(question, "yes").status()).isEqualTo(403);
        assertThat(browser.open(link("")).status()).isEqualTo(403);
        assertThat(server.tailnet.image().user(suspended.id())).isEqualTo(suspended);
    }

    /** Users that come while approval is on wait for it, also for apps. */
    @Test
    void aNewUserWaitsForApproval() throws Exception {
        String json = TailnetSettings.INITIAL.toJson().replace("\"usersApprovalOn\":false", "\"usersApprovalOn\":true");
        server.tailnet.apply(TailnetSettings.fromJson(json).put());

        Page page = browser.open(link(""));

        assertThat(page.status()).isEqualTo(403);
        assertThat(page.text()).contains("Ann Lee", "approve");
        assertThat(server.onlyUser().status()).isEqualTo(UserStatus.NEEDS_APPROVAL);
        status(UserStatus.ACTIVE);
        assertThat(code(answer(question(""), "yes"))).isNotEmpty();
    }

    @Test
    void anAppThatIsGoneMeanwhileGetsNothing() throws Exception {
        Page question = question("");
        assertThat(TestTailnet.get(server.apps.delete(app.id())).name()).isEqualTo("deploy-agent");

        assertThat(answer(question, "yes").status()).isEqualTo(400);
    }

    @Test
    void anotherInstanceGoesOn() throws Exception {
        Page question = question("");

        Page answered = browser.post(
                server.at(1, question.action()),
                QUESTION + "=" + URLEncoder.encode(question.field(), StandardCharsets.UTF_8) + "&answer=yes");

        assertThat(redeem(code(answered), BACK, "")).isPresent();
    }
}
