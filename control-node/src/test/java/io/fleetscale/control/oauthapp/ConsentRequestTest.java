package io.fleetscale.control.oauthapp;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.oauthapp.ConsentRequest.Reading;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsentRequestTest {
    private static final OAuthApp APP = new OAuthApp(
            "Agent <1>",
            "",
            List.of("https://app.example/back?kind=1", "http://localhost:8400/back"),
            List.of("auth_keys:create:once"),
            List.of("custom:agent"),
            "",
            Instant.EPOCH,
            Instant.EPOCH);
    private static final String ASK =
            "client_id=a1&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fback&response_type=code";
    private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private static Reading read(String query) {
        return ConsentRequest.ofMemo(query, id -> id.equals("a1") ? APP : null);
    }

    @Test
    void whatIsRememberedIsTheSame() {
        String query =
                ASK + "&state=a%26b%3Dc&scope=auth_keys%3Acreate%3Aonce&code_challenge_method=S256&code_challenge="
                        + CHALLENGE;
        if (!(read(query) instanceof Reading.Asked(ConsentRequest request, OAuthApp app))) {
            throw new AssertionError(read(query));
        }

        assertThat(app).isEqualTo(APP);
        assertThat(request.state()).isEqualTo("a&b=c");
        assertThat(read(request.memo())).isEqualTo(new Reading.Asked(request, APP));
        assertThat(request.granted("the-code")).isEqualTo("http://localhost:8400/back?code=the-code&state=a%26b%3Dc");
        assertThat(request.denied()).isEqualTo("http://localhost:8400/back?error=access_denied&state=a%26b%3Dc");
        assertThat(request.origin()).isEqualTo("http://localhost:8400");
    }

    @Test
    void aQueryOfTheAppStays() {
        String query = "client_id=a1&redirect_uri=https%3A%2F%2Fapp.example%2Fback%3Fkind%3D1&response_type=code";
        if (!(read(query) instanceof Reading.Asked(ConsentRequest request, OAuthApp ignored))) {
            throw new AssertionError(read(query));
        }

        assertThat(request.granted("c")).isEqualTo("https://app.example/back?kind=1&code=c");
        assertThat(request.scope()).isEqualTo("auth_keys:create:once");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "client_id=a2&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fback&response_type=code",
                "client_id=a1&redirect_uri=http%3A%2F%2Flocalhost%3A8401%2Fback&response_type=code",
                "client_id=a1&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fback%2F&response_type=code",
                "client_id=a1&redirect_uri=https%3A%2F%2Fevil.example&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fback",
                "client_id=a1&response_type=code"
            })
    void noBrowserIsSentToAnAddressThatIsNotTheApps(String query) {
        assertThat(read(query)).isEqualTo(new Reading.Strange());
    }

    @ParameterizedTest
    @CsvSource({
        "response_type=code,response_type=token,unsupported_response_type",
        "response_type=code,scope=x,unsupported_response_type",
        "response_type=code,response_type=code&scope=all,invalid_scope",
        "response_type=code,response_type=code&response_type=code,invalid_request",
        "response_type=code,response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM,invalid_request",
        "response_type=code,response_type=code&code_challenge=abc&code_challenge_method=plain,invalid_request",
        "response_type=code,response_type=code&code_challenge=abc&code_challenge_method=S256,invalid_request",
        "response_type=code,response_type=code&code_challenge_method=S256,invalid_request"
    })
    void theAppIsToldWhatIsWrong(String from, String to, String error) {
        assertThat(read(ASK.replace(from, to) + "&state=s"))
                .isEqualTo(new Reading.Refused("http://localhost:8400/back?error=" + error + "&state=s"));
    }

    @Test
    void whatNoCookieCanHoldIsRefused() {
        assertThat(read(ASK + "&state=" + "x".repeat(2_000)))
                .isEqualTo(new Reading.Refused("http://localhost:8400/back?error=invalid_request"));
    }

    @Test
    void withoutAnIssuerThePageShowsTheCommand() {
        ConsentRequest request =
                new ConsentRequest("a1", "http://localhost:8400/back", "auth_keys:create:once", null, "");

        String page = new String(ConsentPages.command(request, APP).body(), StandardCharsets.UTF_8);

        assertThat(page)
                .contains("fleetscale apps approve --client-id a1 --redirect-uri &#39;http://localhost:8400/back&#39;")
                .contains("Agent &lt;1&gt;", "custom:agent")
                .doesNotContain("<form", "Agent <1>");
    }

    /** Source: RFC 7636 appendix B. */
    @Test
    void verifiersFitTheirChallenge() {
        AuthorizationCode code = new AuthorizationCode("a1", "", 1, "", CHALLENGE, Instant.EPOCH);

        assertThat(code.acceptsVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
                .isTrue();
        assertThat(code.acceptsVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"))
                .isFalse();
        assertThat(code.acceptsVerifier("")).isFalse();
        assertThat(new AuthorizationCode("a1", "", 1, "", "", Instant.EPOCH).acceptsVerifier(""))
                .isTrue();
    }
}
