package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.CredentialVerdict;
import io.fleetscale.control.api.credential.FailedAttempts;
import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.changelog.StaleReads;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.trust.Created;
import io.fleetscale.control.trust.Credential;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.Scopes;
import io.fleetscale.control.trust.TrustText;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who shows a credential, as Bearer or as the user name of Basic. Access tokens, minted tokens and headscale's API
 * keys are taken. Thread-safe; blocks for headscale's keys. Source: tailscale-api-v2 6.2, 6.10.
 */
final class CallerCheck {
    private static final String UNAUTHORIZED = "unauthorized";

    private final Credentials credentials;
    private final CredentialCheck headscaleKeys;
    private final FailedAttempts failedAttempts;

    CallerCheck(Credentials credentials, CredentialCheck headscaleKeys, FailedAttempts failedAttempts) {
        this.credentials = credentials;
        this.headscaleKeys = headscaleKeys;
        this.failedAttempts = failedAttempts;
    }

    /**
     * @param image of the log's head: what was revoked on another instance is refused here
     * @throws ApiFailure 401 for whatever is wrong with the credential, 429 when the address has tried too often
     */
    Caller caller(HttpCall call, TailnetImage image, Instant now) {
        List<String> shown = call.headers().getAll("authorization");
        if (shown.size() > 1) {
            throw ApiFailure.badRequest("ambiguous credentials: more than one Authorization header");
        }
        String secret = shown.isEmpty() ? "" : secret(shown.getFirst());
        if (secret.isEmpty()) {
            throw new ApiFailure(401, UNAUTHORIZED);
        }
        Caller caller = secret.startsWith("tskey-") ? ofTailnet(secret, image, now) : ofHeadscale(secret, call, image);
        if (caller == null && StaleReads.isStale()) {
            throw new ApiFailure(
                    503, "the database is away, and this instance does not know the credential: retry in a second");
        }
        if (caller == null) {
            if (!failedAttempts.record(call.source().toString())) {
                throw new ApiFailure(429, "too many wrong credentials from this address, try again in a minute");
            }
            throw new ApiFailure(401, UNAUTHORIZED);
        }
        return caller;
    }

    private @Nullable Caller ofTailnet(String secret, TailnetImage image, Instant now) {
        Created found = credentials.verify(image, TrustText.ACCESS, secret);
        if (found == null || !found.credential().isValidAt(now)) {
            return null;
        }
        Credential credential = found.credential();
        List<String> scopes = Credentials.scopesNow(image, credential, now);
        if (scopes.isEmpty()) {
            return null;
        }
        boolean minted = credential.type() == Credential.Type.OAUTH_TOKEN;
        return new Caller(
                minted ? CredentialKind.OAUTH_ACCESS_TOKEN : CredentialKind.TAILSCALE_ACCESS_TOKEN,
                found.id(),
                credential.parent(),
                credential.userId() == 0 ? null : new UserId(credential.userId()),
                scopes,
                credential.tags());
    }

    /** headscale's keys belong to nobody; what they make belongs to the owner of the tailnet. */
    private @Nullable Caller ofHeadscale(String secret, HttpCall call, TailnetImage image) {
        return switch (headscaleKeys.authorization(
                "Bearer " + secret, call.source().toString())) {
            case CredentialVerdict.Accepted accepted ->
                new Caller(
                        CredentialKind.HEADSCALE_API_KEY,
                        accepted.principal().apiKey().map(id -> "apikey-" + id).orElse("apikey"),
                        "",
                        ownerOfTailnet(image),
                        List.of(Scopes.ALL),
                        List.of());
            case CredentialVerdict.Throttled ignored ->
                throw new ApiFailure(429, "too many wrong credentials from this address, try again in a minute");
            case CredentialVerdict.Missing ignored -> throw new ApiFailure(401, UNAUTHORIZED);
            case CredentialVerdict.WrongScheme ignored -> throw new ApiFailure(401, UNAUTHORIZED);
            case CredentialVerdict.Rejected ignored -> throw new ApiFailure(401, UNAUTHORIZED);
            case CredentialVerdict.Expired ignored -> throw new ApiFailure(401, UNAUTHORIZED);
        };
    }

    private static @Nullable UserId ownerOfTailnet(TailnetImage image) {
        return image.users().values().stream()
                .filter(user -> user.role() == Role.OWNER)
                .map(User::id)
                .findFirst()
                .orElse(null);
    }

    /** The secret of an Authorization value; empty when it is none of the two forms. */
    private static String secret(String authorization) {
        int space = authorization.indexOf(' ');
        String scheme = space < 0 ? "" : authorization.substring(0, space).toLowerCase(Locale.ROOT);
        String value = authorization.substring(space + 1).strip();
        return switch (scheme) {
            case "bearer" -> value;
            case "basic" -> userName(value);
            default -> "";
        };
    }

    private static String userName(String base64) {
        try {
            String decoded = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
            int colon = decoded.indexOf(':');
            return colon < 0 ? decoded : decoded.substring(0, colon);
        } catch (IllegalArgumentException malformed) {
            return "";
        }
    }
}
