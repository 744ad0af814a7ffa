package io.fleetscale.control.preauthkey;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.secret.CredentialText;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.trust.TrustText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Pre-auth keys as administrators handle them. Thread-safe. Every future fails with a {@code ControlException} whose code
 * and text are headscale's. Source: headscale-surface 1.4 "Pre-auth keys", 6.2.
 */
public final class PreAuthKeys {
    private final Changelog changelog;
    private final SecretMac secretMac;

    public PreAuthKeys(Changelog changelog, SecretMac secretMac) {
        this.changelog = changelog;
        this.secretMac = secretMac;
    }

    /**
     * Makes a key. INVALID_ARGUMENT for a malformed tag, UNKNOWN {@code user not found}, UNKNOWN {@code auth-key must be
     * either tagged or owned by user}, checked in this order.
     */
    public CompletableFuture<CreatedPreAuthKey> create(NewPreAuthKey wanted) {
        return changelog.write(PreAuthKeyWrites.create(wanted, secretMac));
    }

    /**
     * Makes a key of the API v2, {@code tskey-auth-...}. Fails as {@link #create}.
     *
     * @param life how long it lives, whole seconds
     * @param permitted which tags the caller may give away, of those that exist
     */
    public CompletableFuture<CreatedPreAuthKey> createForTailnet(
            NewPreAuthKey wanted, PreAuthKey.Terms terms, Duration life, Predicate<String> permitted) {
        return changelog.write(PreAuthKeyWrites.createForTailnet(wanted, terms, life, permitted, secretMac));
    }

    /** The decision behind {@link #createForTailnet}, for those who make a key together with something else. */
    public static HardWrite<CreatedPreAuthKey> forTailnet(
            NewPreAuthKey wanted,
            PreAuthKey.Terms terms,
            Duration life,
            Predicate<String> permitted,
            SecretMac secretMac) {
        return PreAuthKeyWrites.createForTailnet(wanted, terms, life, permitted, secretMac);
    }

    /** Ends a key for good; it can still be shown. An unknown number changes nothing and succeeds with an empty answer. */
    public CompletableFuture<Optional<PreAuthKey>> revoke(PreAuthKeyId id) {
        return changelog.write(PreAuthKeyWrites.revoke(id));
    }

    /** Lets a key end now. An unknown number changes nothing and succeeds with an empty answer. */
    public CompletableFuture<Optional<PreAuthKey>> expire(PreAuthKeyId id) {
        return changelog.write(PreAuthKeyWrites.expire(id));
    }

    /** Removes a key; nodes that came by it stay. An unknown number changes nothing and succeeds with an empty answer. */
    public CompletableFuture<Optional<PreAuthKey>> delete(PreAuthKeyId id) {
        return changelog.write(PreAuthKeyWrites.delete(id));
    }

    /** All keys, by number. */
    public CompletableFuture<List<PreAuthKey>> list() {
        return changelog
                .current()
                .thenApply(image -> List.copyOf(image.preAuthKeys().values()));
    }

    /** The key that a text is the secret of, or null; expired and used ones are found too. */
    public static @Nullable PreAuthKey find(TailnetImage image, SecretMac secretMac, String text) {
        TrustText ofTailnet = TrustText.parse(TrustText.AUTH, text);
        if (ofTailnet != null) {
            PreAuthKey key = image.preAuthKeyByPrefix(ofTailnet.id());
            return key != null && secretMac.matches(ofTailnet.secret(), key.secretMac()) ? key : null;
        }
        CredentialText parts = CredentialText.parse(CredentialText.PRE_AUTH_KEY, text);
        if (parts == null) {
            return null;
        }
        PreAuthKey key = image.preAuthKeyByPrefix(parts.prefix());
        return key != null && secretMac.matches(parts.secret(), key.secretMac()) ? key : null;
    }
}
