package io.fleetscale.control.trust;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Resource;
import com.nimbusds.jose.util.ResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.fleetscale.control.outbound.OutboundHttp;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Checks identity tokens of other issuers against federated identities: signature by a key of the issuer, issuer, audience,
 * times, subject and claims. Keys are kept for a while. Thread-safe; blocks while it fetches. Source: tailscale-api-v2 6.6.
 */
public final class WorkloadIdentity {
    private static final Logger LOG = LoggerFactory.getLogger(WorkloadIdentity.class);
    private static final Duration LEEWAY = Duration.ofMinutes(1);
    private static final int MAX_TOKEN = 32 * 1024;
    private static final int MAX_ISSUERS = 200;
    private static final JsonMapper JSON = JsonMapper.shared();
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

    private final OutboundHttp http;
    private final InstantSource clock;
    private final Cache<String, DefaultJWTProcessor<SecurityContext>> issuers = Caffeine.newBuilder()
            .maximumSize(MAX_ISSUERS)
            .expireAfterWrite(Duration.ofHours(1))
            .build();

    public WorkloadIdentity(OutboundHttp http, InstantSource clock) {
        this.http = http;
        this.clock = clock;
    }

    /** Whether the token fits the identity; why not stays in the log. */
    public boolean accepts(Credential identity, String jwt) {
        String problem;
        try {
            problem = jwt.length() > MAX_TOKEN ? "it is too long" : problem(identity, jwt);
        } catch (IOException e) {
            problem = "the issuer's keys cannot be had: " + e.getMessage();
        } catch (ParseException | BadJOSEException | JOSEException e) {
            problem = "it cannot be verified: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            problem = "the server is stopping";
        }
        if (!problem.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("issuer", identity.issuer())
                    .addKeyValue("reason", problem)
                    .log("an identity token was refused");
        }
        return problem.isEmpty();
    }

    private String problem(Credential identity, String jwt)
            throws IOException, InterruptedException, ParseException, BadJOSEException, JOSEException {
        JWTClaimsSet claims = processor(identity.issuer()).process(jwt, null);
        Instant now = clock.instant();
        if (!identity.issuer().equals(claims.getIssuer())) {
            return "it is of another issuer";
        }
        Date end = claims.getExpirationTime();
        if (end == null || end.toInstant().plus(LEEWAY).isBefore(now)) {
            return "it has expired";
        }
        Date begin = claims.getNotBeforeTime();
        if (begin != null && begin.toInstant().minus(LEEWAY).isAfter(now)) {
            return "it is not valid yet";
        }
        if (!claims.getAudience().contains(identity.audience())) {
            return "it is for another audience";
        }
        if (!fits(identity.subject(), claims.getSubject())) {
            return "its subject does not fit";
        }
        for (Map.Entry<String, String> rule : identity.claimRules().entrySet()) {
            if (!fits(rule.getValue(), text(claims.getClaim(rule.getKey())))) {
                return "claim " + rule.getKey() + " does not fit";
            }
        }
        return "";
    }

    private static @Nullable String text(@Nullable Object claim) {
        return switch (claim) {
            case null -> null;
            case String text -> text;
            case Boolean flag -> flag.toString();
            case Number number -> number.toString();
            default -> null;
        };
    }

    /** Whether a value fits a pattern as a whole, in which {@code *} stands for any run of characters. */
    static boolean fits(String pattern, @Nullable String value) {
        if (value == null) {
            return false;
        }
        int at = 0;
        int star = -1;
        int resume = 0;
        int place = 0;
        while (place < value.length()) {
            if (at < pattern.length() && pattern.charAt(at) == '*') {
                star = at++;
                resume = place;
            } else if (at < pattern.length() && pattern.charAt(at) == value.charAt(place)) {
                at++;
                place++;
            } else if (star >= 0) {
                at = star + 1;
                place = ++resume;
            } else {
                return false;
            }
        }
        while (at < pattern.length() && pattern.charAt(at) == '*') {
            at++;
        }
        return at == pattern.length();
    }

    private DefaultJWTProcessor<SecurityContext> processor(String issuer) throws IOException, InterruptedException {
        DefaultJWTProcessor<SecurityContext> known = issuers.getIfPresent(issuer);
        if (known != null) {
            return known;
        }
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        JsonNode metadata;
        try {
            metadata = JSON.readTree(get(URI.create(base + "/.well-known/openid-configuration")));
        } catch (JacksonException e) {
            throw new IOException("its discovery document is no JSON", e);
        }
        if (!metadata.path("issuer").asString("").equals(issuer)) {
            throw new IOException("it calls itself " + metadata.path("issuer").asString(""));
        }
        URL keys = URI.create(metadata.path("jwks_uri").asString("")).toURL();
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        ResourceRetriever retriever = this::retrieve;
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(
                ALGORITHMS,
                JWKSourceBuilder.create(keys, retriever)
                        .refreshAheadCache(false)
                        .retrying(true)
                        .build()));
        processor.setJWTClaimsSetVerifier((claims, context) -> {}); // read after the signature
        issuers.put(issuer, processor);
        return processor;
    }

    private Resource retrieve(URL url) throws IOException {
        try {
            return new Resource(get(url.toURI()), "application/json");
        } catch (URISyntaxException e) {
            throw new IOException(url + " is no URI", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private String get(URI uri) throws IOException, InterruptedException {
        OutboundHttp.Answer answer = http.send(HttpRequest.newBuilder(uri).header("Accept", "application/json"));
        if (answer.status() != 200) {
            throw new IOException(uri.getHost() + " answers " + answer.status());
        }
        return new String(answer.body(), StandardCharsets.UTF_8);
    }
}
