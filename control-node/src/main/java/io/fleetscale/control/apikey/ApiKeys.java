package io.fleetscale.control.apikey;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.secret.CredentialText;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.ApiKeyId;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.wire.tailcfg.GoTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * API keys as administrators handle them. Thread-safe. Every future fails with a {@code ControlException} whose code and
 * text are headscale's. Source: headscale-surface 1.4 "Keys", 6.2.
 */
public final class ApiKeys {
    private final Changelog changelog;
    private final SecretMac secretMac;

    public ApiKeys(Changelog changelog, SecretMac secretMac) {
        this.changelog = changelog;
        this.secretMac = secretMac;
    }

    /** @param expiration absent: the year 1 is stored and the key is of no use, as headscale does */
    public CompletableFuture<CreatedApiKey> create(@Nullable Instant expiration) {
        return changelog.write(createWrite(expiration, secretMac));
    }

    /** All keys, by number. */
    public CompletableFuture<List<ApiKey>> list() {
        return changelog
                .current()
                .thenApply(image -> List.copyOf(image.apiKeys().values()));
    }

    /**
     * Lets a key end now. INVALID_ARGUMENT when both or neither of number and prefix are given, UNKNOWN {@code record not
     * found}.
     */
    public CompletableFuture<ApiKey> expire(ApiKeySelector selector) {
        return changelog.write(expireWrite(selector));
    }

    /** Removes a key; fails as {@link #expire}. */
    public CompletableFuture<ApiKey> delete(ApiKeySelector selector) {
        return changelog.write(deleteWrite(selector));
    }

    static HardWrite<CreatedApiKey> createWrite(@Nullable Instant expiration, SecretMac secretMac) {
        return (image, context) -> {
            CredentialText text;
            do {
                text = new CredentialText(
                        RandomText.base64Url(context.random(), CredentialText.PREFIX_LENGTH),
                        RandomText.base64Url(context.random(), CredentialText.SECRET_LENGTH));
            } while (image.apiKeyByPrefix(text.prefix()) != null);
            ApiKey key = new ApiKey(
                    new ApiKeyId(image.counters().nextApiKey()),
                    text.prefix(),
                    secretMac.mac(text.secret()),
                    expiration == null ? GoTime.ZERO : expiration,
                    context.now(),
                    null,
                    UnknownFieldSet.getDefaultInstance());
            return Decision.of(new CreatedApiKey(key, text.reveal(CredentialText.API_KEY)), new Change.ApiKeyPut(key));
        };
    }

    static HardWrite<ApiKey> expireWrite(ApiKeySelector selector) {
        return (image, context) -> {
            ApiKey expired = selector.require(image).withExpiration(context.now());
            return Decision.of(expired, new Change.ApiKeyPut(expired));
        };
    }

    static HardWrite<ApiKey> deleteWrite(ApiKeySelector selector) {
        return (image, context) -> {
            ApiKey key = selector.require(image);
            return Decision.of(key, new Change.ApiKeyRemoved(key.id()));
        };
    }
}
