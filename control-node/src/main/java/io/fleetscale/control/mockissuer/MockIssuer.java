package io.fleetscale.control.mockissuer;

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
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.json.JsonMapper;

/**
 * The issuer: discovery, keys, authorisation, tokens and user-info below {@code /oidc}. Whoever comes is let in at once as the
 * next on the list. Codes are good once. Thread-safe.
 */
public final class MockIssuer implements AutoCloseable {
    private static final String ROOT = "/oidc";
    private static final String KEY_ID = "mock";
    private static final int MAX_FORM_BYTES = 64 * 1024;
    private static final int MAX_OPEN_CODES = 1_000;
    private static final JsonMapper JSON = new JsonMapper();

    private final MockSettings settings;
    private final RSAKey key;
    private final HttpServer server;
    private final ExecutorService answers = Executors.newVirtualThreadPerTaskExecutor();
    private final Queue<MockPerson> people;
    private final Map<String, Granted> codes = new ConcurrentHashMap<>();
    private final Map<String, Granted> accesses = new ConcurrentHashMap<>();

    /** What was granted to whom, until the end of its life. */
    private record Granted(
            MockPerson who, Set<String> scopes, String nonce, String challenge, String redirect, Instant until) {}

    /** An answer that is an error of OAuth's. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String error) {
            super(error);
        }

        Refused(String error, Throwable cause) {
            super(error, cause);
        }
    }

    /** What answers one path. */
    private interface Endpoint {
        void answer(HttpExchange exchange) throws IOException, Refused;
    }

    /** @throws IOException if the address cannot be bound */
    public MockIssuer(MockSettings settings) throws IOException {
        this.settings = settings;
        this.people = new ArrayDeque<>(settings.people());
        try {
            this.key = new RSAKeyGenerator(2048).keyID(KEY_ID).generate();
        } catch (JOSEException e) {
            throw new IOException("no signing key can be made: " + e.getMessage(), e);
        }
        this.server = HttpServer.create(new InetSocketAddress(settings.address(), settings.port()), 0);
        server.setExecutor(answers);
        endpoint("/.well-known/openid-configuration", exchange -> json(exchange, 200, metadata()));
        endpoint(
                "/.well-known/jwks.json",
                exchange -> json(exchange, 200, new JWKSet(key.toPublicJWK()).toJSONObject()));
        endpoint("/authorize", this::authorize);
        endpoint("/token", this::token);
        endpoint("/userinfo", this::userInfo);
    }

    public void start() {
        server.start();
    }

    /** The issuer's identifier, for {@code oidc.issuer}. */
    public String issuer() {
        return "http://" + settings.address() + ":" + server.getAddress().getPort() + ROOT;
    }

    private void endpoint(String path, Endpoint endpoint) {
        server.createContext(ROOT + path, exchange -> {
            try {
                endpoint.answer(exchange);
            } catch (Refused refused) {
                json(exchange, 400, Map.of("error", String.valueOf(refused.getMessage())));
            } catch (IllegalArgumentException malformed) {
                json(exchange, 400, Map.of("error", "invalid_request"));
            } finally {
                exchange.close();
            }
        });
    }

    private Map<String, Object> metadata() {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("issuer", issuer());
        metadata.put("authorization_endpoint", issuer() + "/authorize");
        metadata.put("token_endpoint", issuer() + "/token");
        metadata.put("userinfo_endpoint", issuer() + "/userinfo");
        metadata.put("jwks_uri", issuer() + "/.well-known/jwks.json");
        metadata.put("response_types_supported", List.of("code"));
        metadata.put("grant_types_supported", List.of("authorization_code"));
        metadata.put("subject_types_supported", List.of("public"));
        metadata.put("id_token_signing_alg_values_supported", List.of("RS256"));
        metadata.put("scopes_supported", List.of("openid", "profile", "email", "groups"));
        metadata.put("token_endpoint_auth_methods_supported", List.of("client_secret_basic", "client_secret_post"));
        metadata.put("code_challenge_methods_supported", List.of("S256", "plain"));
        return metadata;
    }

    private void authorize(HttpExchange exchange) throws IOException, Refused {
        Map<String, List<String>> query =
                parameters(String.valueOf(exchange.getRequestURI().getRawQuery()));
        require(one(query, "response_type").equals("code"), "unsupported_response_type");
        require(one(query, "client_id").equals(settings.clientId()), "unauthorized_client");
        Set<String> scopes = Set.copyOf(Arrays.asList(one(query, "scope").split(" +", -1)));
        require(scopes.contains("openid"), "invalid_scope");
        URI redirect = redirect(one(query, "redirect_uri"));
        require(codes.size() < MAX_OPEN_CODES, "temporarily_unavailable");
        String challenge = one(query, "code_challenge");
        String method = challenge.isEmpty() ? "" : one(query, "code_challenge_method") + " ";
        String code = UUID.randomUUID().toString();
        codes.put(
                code,
                new Granted(
                        next(),
                        scopes,
                        one(query, "nonce"),
                        method + challenge,
                        redirect.toString(),
                        Instant.now().plus(settings.accessLife())));
        String target = redirect + (redirect.getRawQuery() == null ? "?" : "&") + "code=" + code + "&state="
                + URLEncoder.encode(one(query, "state"), StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Location", target);
        exchange.sendResponseHeaders(302, -1);
    }

    private MockPerson next() {
        synchronized (people) {
            MockPerson next = people.poll();
            return next == null ? MockPerson.ANYBODY : next;
        }
    }

    private static URI redirect(String text) throws Refused {
        try {
            URI redirect = new URI(text);
            require(redirect.isAbsolute() && redirect.getHost() != null, "invalid_request");
            return redirect;
        } catch (URISyntaxException e) {
            throw new Refused("invalid_request", e);
        }
    }

    private void token(HttpExchange exchange) throws IOException, Refused {
        byte[] body = exchange.getRequestBody().readNBytes(MAX_FORM_BYTES);
        Map<String, List<String>> form = parameters(new String(body, StandardCharsets.UTF_8));
        require(isClient(exchange, form), "invalid_client");
        require(one(form, "grant_type").equals("authorization_code"), "unsupported_grant_type");
        Granted granted = codes.remove(one(form, "code"));
        if (granted == null || !granted.until().isAfter(Instant.now())) {
            throw new Refused("invalid_grant");
        }
        require(granted.redirect().equals(one(form, "redirect_uri")), "invalid_grant");
        require(proves(granted.challenge(), one(form, "code_verifier")), "invalid_grant");
        String access = UUID.randomUUID().toString();
        accesses.values().removeIf(old -> old.until().isBefore(Instant.now()));
        accesses.put(access, granted);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("access_token", access);
        answer.put("token_type", "Bearer");
        answer.put("expires_in", settings.accessLife().toSeconds());
        answer.put("id_token", idToken(granted));
        json(exchange, 200, answer);
    }

    private boolean isClient(HttpExchange exchange, Map<String, List<String>> form) {
        String header = exchange.getRequestHeaders().getFirst("Authorization");
        String id = one(form, "client_id");
        String secret = one(form, "client_secret");
        if (header != null && header.startsWith("Basic ")) {
            String[] parts = new String(
                            Base64.getMimeDecoder().decode(header.substring("Basic ".length())), StandardCharsets.UTF_8)
                    .split(":", 2);
            id = URLDecoder.decode(parts[0], StandardCharsets.UTF_8);
            secret = parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
        }
        return id.equals(settings.clientId())
                && MessageDigest.isEqual(
                        secret.getBytes(StandardCharsets.UTF_8),
                        settings.clientSecret().value().getBytes(StandardCharsets.UTF_8));
    }

    /** @param challenge method and challenge; empty when none was sent */
    private static boolean proves(String challenge, String verifier) {
        if (challenge.isEmpty()) {
            return true;
        }
        if (!challenge.startsWith("S256 ")) {
            return challenge.equals("plain " + verifier) || challenge.equals(" " + verifier);
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return challenge.equals(
                    "S256 " + Base64.getUrlEncoder().withoutPadding().encodeToString(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private String idToken(Granted granted) throws IOException {
        Instant now = Instant.now();
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder();
        granted.who().claims(granted.scopes()).forEach(claims::claim);
        claims.issuer(issuer())
                .audience(settings.clientId())
                .issueTime(Date.from(now))
                .notBeforeTime(Date.from(now))
                .expirationTime(Date.from(now.plus(settings.accessLife())));
        if (!granted.nonce().isEmpty()) {
            claims.claim("nonce", granted.nonce());
        }
        try {
            SignedJWT token = new SignedJWT(
                    new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(KEY_ID).build(), claims.build());
            token.sign(new RSASSASigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IOException("a token cannot be signed: " + e.getMessage(), e);
        }
    }

    private void userInfo(HttpExchange exchange) throws IOException, Refused {
        String header = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        Granted granted = header.startsWith("Bearer ") ? accesses.get(header.substring("Bearer ".length())) : null;
        if (granted == null || granted.until().isBefore(Instant.now())) {
            json(exchange, 401, Map.of("error", "invalid_token"));
            return;
        }
        json(exchange, 200, granted.who().claims(granted.scopes()));
    }

    private static Map<String, List<String>> parameters(String text) {
        return new QueryStringDecoder(text, StandardCharsets.UTF_8, false).parameters();
    }

    private static String one(Map<String, List<String>> parameters, String name) {
        return parameters.getOrDefault(name, List.of("")).getFirst();
    }

    private static void require(boolean holds, String error) throws Refused {
        if (!holds) {
            throw new Refused(error);
        }
    }

    private static void json(HttpExchange exchange, int status, Map<String, ?> body) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        answers.shutdownNow();
    }
}
