package io.fleetscale.control.api.credential;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.StaleReads;
import io.fleetscale.control.secret.CredentialText;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.InstantSource;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out who shows a credential. The verifier is chosen by the value's prefix; a value with a known prefix is never
 * tried as another kind. Reads the log's head first, so that a key revoked on another instance is refused here at once.
 * Blocks while it reads: call it on a virtual thread. Thread-safe.
 */
public final class CredentialCheck {
    private static final String BEARER = "Bearer ";
    private static final Logger LOG = LoggerFactory.getLogger(CredentialCheck.class);

    private final Changelog changelog;
    private final SecretMac secretMac;
    private final FailedAttempts failedAttempts;
    private final InstantSource clock;

    public CredentialCheck(
            Changelog changelog, SecretMac secretMac, FailedAttempts failedAttempts, InstantSource clock) {
        this.changelog = changelog;
        this.secretMac = secretMac;
        this.failedAttempts = failedAttempts;
        this.clock = clock;
    }

    /**
     * Judges the value of an Authorization header or of gRPC's {@code authorization} metadata.
     *
     * @param remoteAddress what failed attempts are counted by
     * @throws ControlException UNAVAILABLE when the head of the log cannot be read: an unknown key is not refused then, not even
     *     where stale answers are taken
     */
    public CredentialVerdict authorization(@Nullable String value, String remoteAddress) {
        if (value == null || value.isEmpty()) {
            return new CredentialVerdict.Missing();
        }
        if (!value.startsWith(BEARER)) {
            return new CredentialVerdict.WrongScheme();
        }
        String token = value.substring(BEARER.length());
        if (token.startsWith(CredentialText.PRE_AUTH_KEY)) {
            LOG.atWarn().addKeyValue("source", remoteAddress).log("a pre-auth key was used as API key");
        }
        ApiKeyText shown = ApiKeyText.parse(token);
        CredentialVerdict verdict = shown == null ? new CredentialVerdict.Rejected() : apiKey(shown);
        return verdict instanceof CredentialVerdict.Rejected && !failedAttempts.record(remoteAddress)
                ? new CredentialVerdict.Throttled()
                : verdict;
    }

    private CredentialVerdict apiKey(ApiKeyText shown) {
        ApiKey key = image().apiKeyByPrefix(shown.prefix());
        if (key == null && StaleReads.isStale()) {
            throw new ControlException(
                    ErrorCode.UNAVAILABLE,
                    "the database is away, and this instance does not know the API key: retry in a second");
        }
        if (key == null || !secretMac.matches(shown.secret(), key.secretMac())) {
            return new CredentialVerdict.Rejected();
        }
        return key.isExpired(clock.instant())
                ? new CredentialVerdict.Expired()
                : new CredentialVerdict.Accepted(new Principal(CredentialKind.HEADSCALE_API_KEY, key.id()));
    }

    private TailnetImage image() {
        try {
            return changelog.current().join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof ControlException refused
                    ? refused
                    : new ControlException(ErrorCode.INTERNAL, "reading the API keys failed", failed.getCause());
        }
    }
}
