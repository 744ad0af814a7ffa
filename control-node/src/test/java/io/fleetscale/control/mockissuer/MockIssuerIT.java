package io.fleetscale.control.mockissuer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.SignedJWT;
import io.fleetscale.config.Secret;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(120)
@SuppressWarnings("NullAway.Init")
class MockIssuerIT {
    private static final String REDIRECT = "http://127.0.0.1:9/oidc/callback";
    private static final MockPerson ANN = new MockPerson("s-1", "ann@example.com", true, "ann", "+1", List.of("staff"));

    private final HttpClient http = HttpClient.newHttpClient();
    private MockIssuer issuer;

    @BeforeEach
    void start() throws Exception {
        issuer = new MockIssuer(
                new MockSettings("client", new Secret("hush"), "127.0.0.1", 0, Duration.ofMinutes(10), List.of(ANN)));
        issuer.start();
    }

    @AfterEach
    void close() {
        issuer.close();
        http.close();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private String code() throws Exception {
        HttpResponse<String> answer = send(HttpRequest.newBuilder(URI.create(issuer.issuer()
                + "/authorize?response_type=code&client_id=client&scope=openid+email+profile&state=s%26t&nonce=n"
                + "&redirect_uri=" + encoded(REDIRECT))));
        assertThat(answer.statusCode()).isEqualTo(302);
        String location = answer.headers().firstValue("location").orElseThrow();
        assertThat(location).startsWith(REDIRECT + "?code=").endsWith("&state=s%26t");
        return location.substring(location.indexOf("code=") + 5, location.indexOf("&state"));
    }

    private HttpResponse<String> redeem(String code, String secret) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(issuer.issuer() + "/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "grant_type=authorization_code&client_id=client&client_secret=" + secret + "&redirect_uri="
                                + encoded(REDIRECT) + "&code=" + code)));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void theListComesInOrderThenAnybody() throws Exception {
        String code = code();
        JsonNode tokens = new JsonMapper().readTree(redeem(code, "hush").body());
        SignedJWT token = SignedJWT.parse(tokens.path("id_token").asString());
        JWKSet keys = JWKSet.parse(send(HttpRequest.newBuilder(URI.create(issuer.issuer() + "/.well-known/jwks.json")))
                .body());
        assertThat(token.verify(new RSASSAVerifier(keys.getKeys().getFirst().toRSAKey())))
                .isTrue();
        assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("s-1");
        assertThat(token.getJWTClaimsSet().getIssuer()).isEqualTo(issuer.issuer());
        assertThat(token.getJWTClaimsSet().getStringClaim("nonce")).isEqualTo("n");
        HttpResponse<String> info = send(HttpRequest.newBuilder(URI.create(issuer.issuer() + "/userinfo"))
                .header("Authorization", "Bearer " + tokens.path("access_token").asString()));
        assertThat(info.body())
                .contains("\"email\":\"ann@example.com\"", "\"email_verified\":true", "\"groups\":[\"staff\"]");
        assertThat(redeem(code, "hush").statusCode()).as("a code again").isEqualTo(400);
        assertThat(redeem(code(), "wrong").body()).isEqualTo("{\"error\":\"invalid_client\"}");
        assertThat(SignedJWT.parse(new JsonMapper()
                                .readTree(redeem(code(), "hush").body())
                                .path("id_token")
                                .asString())
                        .getJWTClaimsSet()
                        .getSubject())
                .isEqualTo("anybody");
    }

    @Test
    void theEnvironmentIsChecked() {
        Map<String, String> environment = new HashMap<>(Map.of(
                "MOCKOIDC_CLIENT_ID", "client",
                "MOCKOIDC_CLIENT_SECRET", "hush",
                "MOCKOIDC_ADDR", "127.0.0.1",
                "MOCKOIDC_PORT", "0",
                "MOCKOIDC_ACCESS_TTL", "90s",
                "MOCKOIDC_USERS", """
                        [{"Subject":"s-1","Email":"ann@example.com","EmailVerified":true,"PreferredUsername":"ann","Phone":"+1","Groups":["staff"]}]"""));
        MockSettings settings = MockSettings.of(environment);
        assertThat(settings.accessLife()).isEqualTo(Duration.ofSeconds(90));
        assertThat(settings.people()).containsExactly(ANN);
        for (String name : List.of("MOCKOIDC_CLIENT_ID", "MOCKOIDC_CLIENT_SECRET", "MOCKOIDC_ADDR", "MOCKOIDC_PORT")) {
            Map<String, String> without = new HashMap<>(environment);
            without.remove(name);
            assertThatThrownBy(() -> MockSettings.of(without)).hasMessage(name + " is not set");
        }
        environment.put("MOCKOIDC_USERS", "{");
        assertThatThrownBy(() -> MockSettings.of(environment)).hasMessageContaining("MOCKOIDC_USERS");
    }
}
