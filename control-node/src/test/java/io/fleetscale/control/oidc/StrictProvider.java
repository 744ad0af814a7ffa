package io.fleetscale.control.oidc;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * An OpenID Connect provider that checks everything a client sends and keeps what was wrong in {@link #violations}. Tests
 * turn its screws before a login. Who comes to it is logged in at once as {@link #subject}.
 */
final class StrictProvider implements AutoCloseable {
    static final String CLIENT_ID = "fleet scale"; // both need escaping in Basic credentials
    static final String CLIENT_SECRET = "s3cret:/+ %";
    private static final JsonMapper JSON = new JsonMapper();

    final List<String> violations = new CopyOnWriteArrayList<>();
    final Map<String, Object> tokenClaims = new HashMap<>();
    final Map<String, Object> userInfo = new HashMap<>();
    String subject = "subject-1";
    String redirectUri = "";
    boolean expectsPkce;
    boolean omitsIdToken;
    boolean refuses;

    @Nullable
    String otherNonce;

    @Nullable
    String otherAudience;

    @Nullable
    RSAKey otherKey;

    Duration clockAhead = Duration.ZERO;
    Duration tokenLife = Duration.ofHours(1);
    boolean brokenTokenEndpoint;

    private final RSAKey key;
    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Granted> codes = new ConcurrentHashMap<>();
    private final Map<String, String> accessTokens = new ConcurrentHashMap<>();
    private final boolean secure;

    /** What was asked for when a code was given out. */
    private record Granted(
            String redirectUri, String nonce, @Nullable String challenge, String subject) {}

    StrictProvider() throws IOException {
        this(0, null);
    }

    /** @param tls null for plain HTTP */
    StrictProvider(int port, @Nullable SSLContext tls) throws IOException {
        try {
            this.key = new RSAKeyGenerator(2048).keyID("k1").generate();
        } catch (JOSEException e) {
            throw new IOException(e);
        }
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        secure = tls != null;
        if (tls == null) {
            server = HttpServer.create(address, 0);
        } else {
            HttpsServer https = HttpsServer.create(address, 0);
            https.setHttpsConfigurator(new HttpsConfigurator(tls));
            server = https;
        }
        server.setExecutor(executor);
        server.createContext("/.well-known/openid-configuration", exchange -> answer(exchange, 200, metadata()));
        server.createContext("/keys", exchange -> answer(exchange, 200, new JWKSet(key.toPublicJWK()).toString()));
        server.createContext("/authorize", this::authorize);
        server.createContext("/token", this::token);
        server.createContext("/userinfo", this::userInfo);
        server.start();
    }

    String issuer() {
        return (secure ? "https" : "http") + "://localhost:" + port();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private String metadata() {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("issuer", issuer());
        metadata.put("authorization_endpoint", issuer() + "/authorize");
        metadata.put("token_endpoint", issuer() + "/token");
        metadata.put("userinfo_endpoint", issuer() + "/userinfo");
        metadata.put("jwks_uri", issuer() + "/keys");
        metadata.put("response_types_supported", List.of("code"));
        metadata.put("subject_types_supported", List.of("public"));
        metadata.put("id_token_signing_alg_values_supported", List.of("RS256", "HS256", "none"));
        metadata.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic"));
        return JSON.writeValueAsString(metadata);
    }

    private void authorize(HttpExchange exchange) throws IOException {
        Map<String, List<String>> query = new QueryStringDecoder(
                        exchange.getRequestURI().getRawQuery(), StandardCharsets.UTF_8, false)
                .parameters();
        query.forEach((name, values) -> require(values.size() == 1, "parameter " + name + " comes twice"));
        require("code".equals(one(query, "response_type")), "response_type");
        require(CLIENT_ID.equals(one(query, "client_id")), "client_id");
        require(redirectUri.equals(one(query, "redirect_uri")), "redirect_uri " + one(query, "redirect_uri"));
        require(List.of(one(query, "scope").split(" ")).contains("openid"), "scope " + one(query, "scope"));
        require(one(query, "state").length() >= 32, "state");
        require(one(query, "nonce").length() >= 32, "nonce");
        String challenge = one(query, "code_challenge");
        require(expectsPkce == !challenge.isEmpty(), "code_challenge " + challenge);
        if (expectsPkce) {
            require("S256".equals(one(query, "code_challenge_method")), "code_challenge_method");
        }
        String target = redirectUri + "?state=" + one(query, "state");
        if (refuses) {
            target += "&error=access_denied&error_description=%3Cscript%3E";
        } else {
            String code = UUID.randomUUID().toString();
            codes.put(
                    code,
                    new Granted(redirectUri, one(query, "nonce"), challenge.isEmpty() ? null : challenge, subject));
            target += "&code=" + code;
        }
        exchange.getResponseHeaders().set("Location", target);
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
    }

    private void token(HttpExchange exchange) throws IOException {
        if (brokenTokenEndpoint) {
            answer(exchange, 502, "bad gateway");
            return;
        }
        require("POST".equals(exchange.getRequestMethod()), "token endpoint: method");
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, List<String>> form = new QueryStringDecoder(body, StandardCharsets.UTF_8, false).parameters();
        require("authorization_code".equals(one(form, "grant_type")), "grant_type");
        require(isClient(exchange.getRequestHeaders().getFirst("Authorization")), "client authentication");
        require(!body.contains("client_secret"), "the secret is in the body too");
        Granted granted = codes.remove(one(form, "code"));
        if (granted == null) {
            answer(exchange, 400, "{\"error\":\"invalid_grant\"}");
            return;
        }
        require(granted.redirectUri().equals(one(form, "redirect_uri")), "token endpoint: redirect_uri");
        String verifier = one(form, "code_verifier");
        if (granted.challenge() == null) {
            require(verifier.isEmpty(), "code_verifier without challenge");
        } else {
            require(granted.challenge().equals(s256(verifier)), "code_verifier");
        }
        String access = UUID.randomUUID().toString();
        accessTokens.put(access, granted.subject());
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("access_token", access);
        answer.put("token_type", "Bearer");
        if (!omitsIdToken) {
            answer.put("id_token", idToken(granted));
        }
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        answer(exchange, 200, JSON.writeValueAsString(answer));
    }

    private String idToken(Granted granted) {
        Instant now = Instant.now().plus(clockAhead);
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(issuer())
                .subject(granted.subject())
                .audience(otherAudience == null ? CLIENT_ID : otherAudience)
                .claim("nonce", otherNonce == null ? granted.nonce() : otherNonce)
                .issueTime(Date.from(now))
                .notBeforeTime(Date.from(now))
                .expirationTime(Date.from(now.plus(tokenLife)));
        tokenClaims.forEach(claims::claim);
        try {
            RSAKey signing = otherKey == null ? key : otherKey;
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("k1").build(), claims.build());
            token.sign(new RSASSASigner(signing));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private void userInfo(HttpExchange exchange) throws IOException {
        String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        String owner = accessTokens.get(authorization.replace("Bearer ", ""));
        require(owner != null, "user-info: access token");
        Map<String, Object> claims = new HashMap<>(userInfo);
        claims.putIfAbsent("sub", String.valueOf(owner));
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        answer(exchange, 200, JSON.writeValueAsString(claims));
    }

    /** RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
    private static boolean isClient(@Nullable String header) {
        String expected = encode(CLIENT_ID) + ":" + encode(CLIENT_SECRET);
        return header != null
                && header.equals(
                        "Basic " + Base64.getEncoder().encodeToString(expected.getBytes(StandardCharsets.UTF_8)));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String s256(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void require(boolean holds, String what) {
        if (!holds) {
            violations.add(what);
        }
    }

    private static String one(Map<String, List<String>> parameters, String name) {
        return parameters.getOrDefault(name, List.of("")).getFirst();
    }

    private static void answer(HttpExchange exchange, int status, String body) {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            if (exchange.getResponseHeaders().getFirst("Content-Type") == null) {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
            }
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
