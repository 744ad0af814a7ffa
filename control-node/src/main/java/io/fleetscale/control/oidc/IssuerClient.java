package io.fleetscale.control.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.oauth2.sdk.token.Tokens;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenClaimsVerifier;
import io.fleetscale.config.OidcConfig;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is said to an issuer that has been discovered: where browsers are sent, and how a code becomes an identity. Source:
 * OpenID Connect core 3.1, RFC 7636. Thread-safe; {@link #exchange} blocks: for virtual threads.
 */
final class IssuerClient {
    /** How far the clocks of issuer and server may differ; the same on all instances. */
    static final Duration LEEWAY = Duration.ofMinutes(2);

    private static final Logger LOG = LoggerFactory.getLogger(IssuerClient.class);
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512);

    private final OidcConfig config;
    private final OIDCProviderMetadata metadata;
    private final URI redirectUri;
    private final ClientAuthentication authentication;
    private final IssuerHttp http;
    private final InstantSource clock;
    private final DefaultJWTProcessor<SecurityContext> idTokens = new DefaultJWTProcessor<>();

    /**
     * @param clientSecret already read from its file
     * @throws IOException when the issuer's metadata does not do for a login
     */
    IssuerClient(
            OidcConfig config,
            String clientSecret,
            OIDCProviderMetadata metadata,
            URI redirectUri,
            IssuerHttp http,
            InstantSource clock)
            throws IOException {
        this.config = config;
        this.metadata = metadata;
        this.redirectUri = redirectUri;
        this.http = http;
        this.clock = clock;
        ClientID id = new ClientID(config.clientId());
        Secret secret = new Secret(clientSecret);
        List<ClientAuthenticationMethod> methods = metadata.getTokenEndpointAuthMethods();
        boolean basic = methods == null || methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_BASIC);
        this.authentication = basic ? new ClientSecretBasic(id, secret) : new ClientSecretPost(id, secret);
        if (metadata.getAuthorizationEndpointURI() == null
                || metadata.getTokenEndpointURI() == null
                || metadata.getJWKSetURI() == null) {
            throw new IOException("the issuer names no authorization_endpoint, token_endpoint or jwks_uri");
        }
        idTokens.setJWSKeySelector(new JWSVerificationKeySelector<>(
                algorithms(metadata),
                JWKSourceBuilder.create(url(metadata.getJWKSetURI()), http)
                        .refreshAheadCache(false)
                        .retrying(true)
                        .build()));
        idTokens.setJWTClaimsSetVerifier((claims, context) -> {}); // read after the signature, with texts of our own
    }

    private static Set<JWSAlgorithm> algorithms(OIDCProviderMetadata metadata) throws IOException {
        List<JWSAlgorithm> offered = metadata.getIDTokenJWSAlgs();
        if (offered == null) {
            return Set.of(JWSAlgorithm.RS256);
        }
        Set<JWSAlgorithm> common = offered.stream().filter(ALGORITHMS::contains).collect(Collectors.toSet());
        if (common.isEmpty()) {
            throw new IOException("the issuer signs id tokens with none of " + ALGORITHMS);
        }
        return common;
    }

    private static URL url(URI uri) throws IOException {
        try {
            return uri.toURL();
        } catch (MalformedURLException | IllegalArgumentException e) {
            throw new IOException("jwks_uri " + uri + " is no URL", e);
        }
    }

    /** Where the browser goes. */
    URI authorizationUri(String state, LoginState login) {
        AuthenticationRequest.Builder request = new AuthenticationRequest.Builder(
                        ResponseType.CODE,
                        new Scope(config.scopes().toArray(String[]::new)),
                        new ClientID(config.clientId()),
                        redirectUri)
                .endpointURI(metadata.getAuthorizationEndpointURI())
                .state(new State(state))
                .nonce(new Nonce(login.nonce()));
        CodeChallengeMethod method = challengeMethod();
        if (method != null) {
            request.codeChallenge(new CodeVerifier(login.verifier()), method).customParameter("access_type", "offline");
        }
        config.extraParams().forEach(request::customParameter);
        return request.build().toURI();
    }

    private @Nullable CodeChallengeMethod challengeMethod() {
        return switch (config.pkce()) {
            case OFF -> null;
            case PLAIN -> CodeChallengeMethod.PLAIN;
            case S256 -> CodeChallengeMethod.S256;
        };
    }

    /** Redeems the code that the browser brought and asks who it is. */
    Identity exchange(String code, LoginState login) throws LoginRefused {
        OIDCTokens tokens = redeem(code, login);
        JWTClaimsSet claims = verify(tokens, login);
        Map<String, Object> userInfo = userInfo(tokens, claims.getSubject());
        Date expiry = claims.getExpirationTime();
        return Identity.merge(
                config.issuer(),
                claims.getSubject(),
                claims.getClaims(),
                userInfo,
                config.groupsClaim(),
                expiry == null ? null : expiry.toInstant());
    }

    private OIDCTokens redeem(String code, LoginState login) throws LoginRefused {
        AuthorizationCodeGrant grant = new AuthorizationCodeGrant(
                new AuthorizationCode(code),
                redirectUri,
                challengeMethod() == null ? null : new CodeVerifier(login.verifier()));
        TokenResponse answer;
        try {
            HTTPResponse response = new TokenRequest(metadata.getTokenEndpointURI(), authentication, grant, null)
                    .toHTTPRequest()
                    .send(http);
            if (response.getStatusCode() >= 500) {
                throw issuerAway("the token endpoint answers " + response.getStatusCode(), null);
            }
            answer = OIDCTokenResponseParser.parse(response);
        } catch (IOException e) {
            throw issuerAway("the code could not be exchanged: " + e.getMessage(), e);
        } catch (ParseException e) {
            if (String.valueOf(e.getMessage()).contains("id_token")) {
                throw LoginRefused.because(400, "the issuer sent no id token: is openid among oidc.scope?", e);
            }
            throw LoginRefused.because(403, "the token endpoint's answer does not parse: " + e.getMessage(), e);
        }
        if (!answer.indicatesSuccess()) {
            String error = answer.toErrorResponse().getErrorObject().getCode();
            throw LoginRefused.because(403, "the issuer refuses the code: " + error);
        }
        Tokens tokens = answer.toSuccessResponse().getTokens();
        if (!(tokens instanceof OIDCTokens withIdentity) || withIdentity.getIDToken() == null) {
            throw LoginRefused.because(400, "the issuer sent no id token: is openid among oidc.scope?");
        }
        return withIdentity;
    }

    static LoginRefused issuerAway(String reason, @Nullable Throwable cause) {
        String hint = "The login service does not answer. Try again in a few minutes, or ask your administrator to let"
                + " the machine in.";
        return cause == null
                ? LoginRefused.withHint(503, reason, hint)
                : LoginRefused.withHint(503, reason, hint, cause);
    }

    private JWTClaimsSet verify(OIDCTokens tokens, LoginState login) throws LoginRefused {
        JWTClaimsSet claims;
        try {
            claims = idTokens.process(tokens.getIDToken(), null);
        } catch (BadJOSEException | JOSEException e) {
            throw LoginRefused.because(403, "the id token cannot be verified: " + e.getMessage(), e);
        }
        Object nonce = claims.getClaim("nonce");
        if (nonce == null) {
            throw LoginRefused.because(400, "the id token has no nonce");
        }
        if (!login.nonce().equals(nonce)) {
            throw LoginRefused.because(403, "the id token's nonce is that of another login");
        }
        checkTimes(claims);
        try {
            IDTokenClaimsVerifier rules = new IDTokenClaimsVerifier(
                    new Issuer(config.issuer()), new ClientID(config.clientId()), new Nonce(login.nonce()), (int)
                            LEEWAY.toSeconds());
            rules.verify(claims, null);
        } catch (BadJWTException e) {
            throw LoginRefused.because(403, "the id token is not for us: " + e.getMessage(), e);
        }
        return claims;
    }

    /** Source: RFC 7519 4.1.4, 4.1.5; F060 of the field cases. */
    private void checkTimes(JWTClaimsSet claims) throws LoginRefused {
        Instant now = clock.instant();
        requireNotAhead(claims.getIssueTime(), now, "issued");
        requireNotAhead(claims.getNotBeforeTime(), now, "valid from");
        Date end = claims.getExpirationTime();
        if (end == null || !end.toInstant().plus(LEEWAY).isAfter(now)) {
            throw LoginRefused.because(
                    403, "the id token has expired at " + (end == null ? "no time" : end.toInstant()));
        }
    }

    private static void requireNotAhead(@Nullable Date date, Instant now, String what) throws LoginRefused {
        if (date != null && date.toInstant().isAfter(now.plus(LEEWAY))) {
            long seconds = Duration.between(now, date.toInstant()).toSeconds();
            throw LoginRefused.withHint(
                    403,
                    "the id token is " + what + " " + seconds + " s in the future",
                    "The clock of the login service is " + seconds + " s ahead of this server's; at most "
                            + LEEWAY.toSeconds() + " s are allowed.");
        }
    }

    /** Empty when there is none, it cannot be had, or it speaks of another subject. */
    private Map<String, Object> userInfo(OIDCTokens tokens, String subject) {
        URI endpoint = metadata.getUserInfoEndpointURI();
        BearerAccessToken access = tokens.getBearerAccessToken();
        if (endpoint == null || access == null) {
            return Map.of();
        }
        try {
            HTTPResponse response =
                    new UserInfoRequest(endpoint, access).toHTTPRequest().send(http);
            if (response.getStatusCode() != HTTPResponse.SC_OK) {
                throw new IOException("it answers " + response.getStatusCode());
            }
            Map<String, Object> claims = response.getBodyAsJSONObject();
            if (subject.equals(claims.get("sub"))) {
                return claims;
            }
            LOG.atWarn().log("user-info of the issuer speaks of another subject than the id token and is not used");
        } catch (IOException | ParseException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("user-info of the issuer is not used");
        }
        return Map.of();
    }
}
