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
        UnknownFieldSet unknown) {

    public PreAuthKey {
        tags = List.copyOf(tags);
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
                id, prefix, secretMac, userId, reusable, ephemeral, true, tags, expiration, createdAt, unknown);
    }

    public PreAuthKey withExpiration(Instant newExpiration) {
        return new PreAuthKey(
                id, prefix, secretMac, userId, reusable, ephemeral, used, tags, newExpiration, createdAt, unknown);
    }

    /** {@code hskey-auth-<prefix>-***}. */
    public String masked() {
        return "hskey-auth-" + prefix + "-***";
    }

    @Override
    public String toString() {
        return "PreAuthKey[" + id + " " + masked() + "]";
    }
}
