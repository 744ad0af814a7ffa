package io.fleetscale.control.trust;

import io.fleetscale.control.tailnet.ResourceKind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A credential of the API v2.
 *
 * @param mac HMAC-SHA-256 of the secret part, hex; empty for federated identities, which have no secret
 * @param userId owner of an access token, or who made a trust credential; 0: nobody
 * @param updated absent: as it was made
 * @param expires absent: never
 * @param revoked absent: not revoked
 * @param revokedBy who did; empty while it is not
 * @param scopes in the order given; of an access token none, for it may do what its owner may
 * @param audience what identity tokens must be issued for
 * @param claimRules patterns by claim
 * @param parent of a minted token: the trust credential; else empty
 */
public record Credential(
        Type type,
        String mac,
        long userId,
        String description,
        Instant created,
        @Nullable Instant updated,
        @Nullable Instant expires,
        @Nullable Instant revoked,
        String revokedBy,
        List<String> scopes,
        List<String> tags,
        String issuer,
        String subject,
        String audience,
        Map<String, String> claimRules,
        String parent) {
    /** Those that live for long: tokens of people and trust credentials. */
    public static final ResourceKind<Credential> KIND = ResourceKind.of("credential", Credential.class);

    /** Tokens that trust credentials mint. */
    public static final ResourceKind<Credential> MINTED = ResourceKind.of("oauth-token", Credential.class);

    /** What kind of credential it is. */
    public enum Type {
        ACCESS_TOKEN,
        OAUTH_CLIENT,
        FEDERATED_IDENTITY,
        OAUTH_TOKEN
    }

    public Credential {
        scopes = List.copyOf(scopes);
        tags = List.copyOf(tags);
        claimRules = Map.copyOf(new TreeMap<>(claimRules));
    }

    public boolean isValidAt(Instant now) {
        return revoked == null && (expires == null || expires.isAfter(now));
    }

    Credential withRevoked(Instant at, String by) {
        return new Credential(
                type,
                mac,
                userId,
                description,
                created,
                updated,
                expires,
                at,
                by,
                scopes,
                tags,
                issuer,
                subject,
                audience,
                claimRules,
                parent);
    }

    @Override
    public String toString() {
        return "Credential[" + type + "]";
    }
}
