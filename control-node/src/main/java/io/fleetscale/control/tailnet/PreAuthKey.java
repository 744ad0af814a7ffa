package io.fleetscale.control.tailnet;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.tailcfg.GoTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key that registers nodes without a person.
 *
 * @param prefix public part, 12 characters
 * @param secretMac HMAC-SHA-256 of the secret part under the server's key
 * @param userId absent for keys that only carry tags
 * @param expiration the year 1 where the creator gave none: it never expires
 */
public record PreAuthKey(
        PreAuthKeyId id,
        String prefix,
        Bytes32 secretMac,
        @Nullable UserId userId,
        boolean reusable,
        boolean ephemeral,
        boolean used,
        List<String> tags,
        Instant expiration,
        Instant createdAt,
        Terms terms,
        UnknownFieldSet unknown) {

    private static final int API_V2_PREFIX = 16;

    /**
     * What keys of the API v2 have beyond headscale's.
     *
     * @param needsApproval its nodes wait for approval where the tailnet asks for one
     * @param revokedAt absent: not revoked
     * @param creator the trust credential that made it; empty: a person or an administrator's key
     * @param attributes that its nodes get, each with the value true
     * @param tailnetExpiry its nodes' keys end as the tailnet's settings say, also where the configuration gives them no end
     */
    public record Terms(
            String description,
            boolean needsApproval,
            @Nullable Instant revokedAt,
            String creator,
            List<String> attributes,
            boolean tailnetExpiry) {
        public static final Terms NONE = new Terms("", false, null, "", List.of(), false);

        public Terms {
            attributes = List.copyOf(attributes);
        }

        Terms revoked(Instant at) {
            return new Terms(description, needsApproval, at, creator, attributes, tailnetExpiry);
        }
    }

    public PreAuthKey {
        tags = List.copyOf(tags);
    }

    /** A key with headscale's terms. */
    public PreAuthKey(
            PreAuthKeyId id,
            String prefix,
            Bytes32 secretMac,
            @Nullable UserId userId,
            boolean reusable,
            boolean ephemeral,
            boolean used,
            List<String> tags,
            Instant expiration,
            Instant createdAt,
            UnknownFieldSet unknown) {
        this(
                id,
                prefix,
                secretMac,
                userId,
                reusable,
                ephemeral,
                used,
                tags,
                expiration,
                createdAt,
                Terms.NONE,
                unknown);
    }

    public Optional<UserId> user() {
        return Optional.ofNullable(userId);
    }

    public boolean isExpired(Instant now) {
        return !neverExpires() && !expiration.isAfter(now);
    }

    public boolean neverExpires() {
        return expiration.equals(GoTime.ZERO);
    }

    public PreAuthKey withUsed() {
        return new PreAuthKey(
                id, prefix, secretMac, userId, reusable, ephemeral, true, tags, expiration, createdAt, terms, unknown);
    }

    public PreAuthKey withExpiration(Instant newExpiration) {
        return new PreAuthKey(
                id,
                prefix,
                secretMac,
                userId,
                reusable,
                ephemeral,
                used,
                tags,
                newExpiration,
                createdAt,
                terms,
                unknown);
    }

    /** The key, revoked for good at that time. */
    public PreAuthKey withRevoked(Instant at) {
        return new PreAuthKey(
                id,
                prefix,
                secretMac,
                userId,
                reusable,
                ephemeral,
                used,
                tags,
                isExpired(at) ? expiration : at,
                createdAt,
                terms.revoked(at),
                unknown);
    }

    /** Whether the public part has the form of the API v2, {@code k<10>CNTRL}. */
    public boolean isOfApiV2() {
        return prefix.length() == API_V2_PREFIX && prefix.endsWith("CNTRL");
    }

    /** {@code hskey-auth-<prefix>-***}, or {@code tskey-auth-} for keys of the API v2. */
    public String masked() {
        return (isOfApiV2() ? "tskey-auth-" : "hskey-auth-") + prefix + "-***";
    }

    @Override
    public String toString() {
        return "PreAuthKey[" + id + " " + masked() + "]";
    }
}
