package io.fleetscale.control.tailnet;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.wire.key.Bytes32;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key to the administration API.
 *
 * @param prefix public part, 12 characters
 * @param secretMac HMAC-SHA-256 of the secret part under the server's key
 * @param lastSeen absent until used
 */
public record ApiKey(
        ApiKeyId id,
        String prefix,
        Bytes32 secretMac,
        Instant expiration,
        Instant createdAt,
        @Nullable Instant lastSeen,
        UnknownFieldSet unknown) {

    public boolean isExpired(Instant now) {
        return !expiration.isAfter(now);
    }

    public ApiKey withExpiration(Instant newExpiration) {
        return new ApiKey(id, prefix, secretMac, newExpiration, createdAt, lastSeen, unknown);
    }

    /** {@code hskey-api-<prefix>-***}. */
    public String masked() {
        return "hskey-api-" + prefix + "-***";
    }

    @Override
    public String toString() {
        return "ApiKey[" + id + " " + masked() + "]";
    }
}
