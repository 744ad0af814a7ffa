package io.fleetscale.control.trust;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import io.fleetscale.control.outbound.OutboundHttp;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WorkloadIdentityTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private final OutboundHttp http = new OutboundHttp(true);
    private final WorkloadIdentity workloads = new WorkloadIdentity(http, InstantSource.fixed(NOW));
    private HttpServer server;
    private RSAKey key;
    private String issuer = "";

    @BeforeEach
    void startIssuer() throws Exception {
        key = new RSAKeyGenerator(2048).keyID("one").generate();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        issuer = "http://localhost:" + server.getAddress().getPort();
        page(
                "/.well-known/openid-configuration",
                "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + issuer + "/keys\"}");
        page("/keys", new JWKSet(key.toPublicJWK()).toString());
        server.start();
    }

    private void page(String path, String text) {
        server.createContext(path, exchange -> {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    @AfterEach
    void stop() {
        server.stop(0);
        http.close();
    }

    private Credential identity(Map<String, String> rules) {
        return new Credential(
                Credential.Type.FEDERATED_IDENTITY,
                "",
                0,
                "",
                NOW,
                null,
                null,
                null,
                "",
                List.of("dns:read"),
                List.of(),
                issuer,
                "repo:example/*:main",
                "api.example.com/k1",
                rules,
                "");
    }

    private String token(RSAKey with, UnaryOperator<JWTClaimsSet.Builder> edit) throws Exception {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .issuer(issuer)
                .subject("repo:example/thing:main")
                .audience("api.example.com/k1")
                .claim("ref", "refs/heads/main")
                .expirationTime(Date.from(NOW.plusSeconds(300)));
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("one").build(),
                edit.apply(claims).build());
        jwt.sign(new RSASSASigner(with));
        return jwt.serialize();
    }

    @Test
    void takesATokenThatFitsInEveryPart() throws Exception {
        assertThat(workloads.accepts(identity(Map.of()), token(key, claims -> claims)))
                .isTrue();
        assertThat(workloads.accepts(identity(Map.of("ref", "refs/heads/*")), token(key, claims -> claims)))
                .isTrue();
    }

    @Test
    void refusesATokenThatDiffersInOne() throws Exception {
        Credential identity = identity(Map.of());
        RSAKey other = new RSAKeyGenerator(2048).keyID("one").generate();
        assertThat(workloads.accepts(identity, token(other, claims -> claims))).isFalse();
        assertThat(workloads.accepts(identity, token(key, claims -> claims.issuer("https://x.example"))))
                .isFalse();
        assertThat(workloads.accepts(identity, token(key, claims -> claims.audience("another"))))
                .isFalse();
        assertThat(workloads.accepts(identity, token(key, claims -> claims.subject("repo:other/thing:main"))))
                .isFalse();
        assertThat(workloads.accepts(
                        identity, token(key, claims -> claims.expirationTime(Date.from(NOW.minusSeconds(120))))))
                .isFalse();
        assertThat(workloads.accepts(
                        identity, token(key, claims -> claims.notBeforeTime(Date.from(NOW.plusSeconds(120))))))
                .isFalse();
        assertThat(workloads.accepts(identity(Map.of("missing", "*")), token(key, claims -> claims)))
                .isFalse();
        assertThat(workloads.accepts(identity(Map.of("ref", "refs/tags/*")), token(key, claims -> claims)))
                .isFalse();
        assertThat(workloads.accepts(identity, "e30.e30.e30")).isFalse();
        // unsigned
        assertThat(workloads.accepts(identity, "eyJhbGciOiJub25lIn0.e30.")).isFalse();
    }

    @Test
    void aStarStandsForAnyRunAndTheRestForItself() {
        assertThat(WorkloadIdentity.fits("repo:a/*", "repo:a/b/c")).isTrue();
        assertThat(WorkloadIdentity.fits("*:main", "x:main")).isTrue();
        assertThat(WorkloadIdentity.fits("a*b*c", "aXbYbc")).isTrue();
        assertThat(WorkloadIdentity.fits("*", "")).isTrue();
        assertThat(WorkloadIdentity.fits("a.c", "abc")).isFalse();
        assertThat(WorkloadIdentity.fits("a", "ab")).isFalse();
        assertThat(WorkloadIdentity.fits("*", null)).isFalse();
    }
}
