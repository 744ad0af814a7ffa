package io.fleetscale.control.oauthapp;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.preauthkey.CreatedPreAuthKey;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import io.fleetscale.control.trust.TrustText;
import io.fleetscale.wire.key.Bytes32;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Apps and the consents that people give them. Thread-safe. Futures fail with INVALID_ARGUMENT for a refused value and NOT_FOUND
 * for an unknown app.
 */
public final class OAuthApps {
    private static final String SECRET = "tskey-app-";
    private static final String CODE = "tskey-code-";
    private static final Duration CODE_LIFE = Duration.ofMinutes(10);
    private static final Duration KEY_LIFE = Duration.ofHours(1);
    private static final int MAX_DESCRIPTION = 300;
    private static final int MAX_LIST = 50;
    private static final int MAX_REDIRECT = 500;
    private static final int ID_RANDOM = 10;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{3,50}");
    private static final Set<String> SCOPES = Set.of("auth_keys:create", "auth_keys:create:once");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Changelog changelog;
    private final SecretMac secretMac;

    public OAuthApps(Changelog changelog, SecretMac secretMac) {
        this.changelog = changelog;
        this.secretMac = secretMac;
    }

    /** What an administrator wants of an app. */
    public record Wanted(
            String name,
            String description,
            List<String> redirectUris,
            List<String> scopes,
            List<String> allowedNodeAttributes) {
        public Wanted {
            redirectUris = List.copyOf(redirectUris);
            scopes = List.copyOf(scopes);
            allowedNodeAttributes = List.copyOf(allowedNodeAttributes);
        }
    }

    /**
     * An app.
     *
     * @param secret of a new one; else empty
     */
    public record Shown(String id, OAuthApp app, String secret) {
        @Override
        public String toString() {
            return "Shown[" + id + "]";
        }
    }

    public CompletableFuture<Shown> create(Wanted wanted) {
        return changelog.write((image, context) -> {
            check(wanted);
            TrustText text = new TrustText(
                    "a" + RandomText.alphanumeric(context.random(), ID_RANDOM) + "CNTRL",
                    TrustText.next(context.random()).secret());
            Instant now = context.now().truncatedTo(ChronoUnit.SECONDS);
            OAuthApp app = app(wanted, mac(text.secret()), now, now);
            return Decision.of(new Shown(text.id(), app, text.reveal(SECRET)), OAuthApp.KIND.put(text.id(), app));
        });
    }

    public CompletableFuture<Shown> update(String id, Wanted wanted) {
        return changelog.write((image, context) -> {
            OAuthApp old = require(image, id);
            check(wanted);
            OAuthApp app = app(wanted, old.mac(), old.created(), context.now().truncatedTo(ChronoUnit.SECONDS));
            return Decision.of(new Shown(id, app, ""), OAuthApp.KIND.put(id, app));
        });
    }

    public CompletableFuture<OAuthApp> delete(String id) {
        return changelog.write((image, context) -> {
            OAuthApp app = require(image, id);
            return Decision.of(app, OAuthApp.KIND.remove(id));
        });
    }

    /**
     * A person lets the app provision one device; completes with the authorization code, good for ten minutes.
     * PERMISSION_DENIED for a user who is not active.
     *
     * @param challenge S256 of the verifier that the app will show; empty: it will show none
     */
    public CompletableFuture<String> approve(
            String id, String redirectUri, String scope, String challenge, UserId user) {
        return changelog.write((image, context) -> {
            OAuthApp app = require(image, id);
            User owner = image.user(user);
            if (owner == null || owner.status() != UserStatus.ACTIVE) {
                throw new ControlException(ErrorCode.PERMISSION_DENIED, "user " + user + " cannot consent: not active");
            }
            if (!app.redirectUris().contains(redirectUri)) {
                throw invalid("redirect_uri \"" + redirectUri + "\" is none of the app's");
            }
            String wanted = scope.isEmpty() ? app.scopes().getFirst() : scope;
            if (!app.scopes().contains(wanted)) {
                throw invalid("scope \"" + wanted + "\" is none of the app's");
            }
            TrustText code = TrustText.next(context.random());
            List<Change> changes = new ArrayList<>();
            changes.add(AuthorizationCode.KIND.put(
                    code.id(),
                    new AuthorizationCode(
                            id,
                            redirectUri,
                            user.value(),
                            mac(code.secret()),
                            challenge,
                            context.now().plus(CODE_LIFE))));
            AuthorizationCode.KIND.all(image).forEach((oldId, old) -> {
                if (!old.expires().isAfter(context.now())) {
                    changes.add(AuthorizationCode.KIND.remove(oldId));
                }
            });
            return new Decision<>(changes, code.reveal(CODE));
        });
    }

    /**
     * Redeems a code, once. Completes with the text of the auth key, or empty when app, secret, code, redirect or verifier are
     * wrong.
     */
    public CompletableFuture<Optional<String>> redeem(
            String clientId, String clientSecret, String codeText, String redirectUri, String verifier) {
        return changelog.write((image, context) -> {
            OAuthApp app = OAuthApp.KIND.find(image, clientId);
            TrustText secret = TrustText.parse(SECRET, clientSecret);
            TrustText parts = TrustText.parse(CODE, codeText);
            if (app == null || secret == null || parts == null || !secret.id().equals(clientId)) {
                return Decision.unchanged(Optional.empty());
            }
            AuthorizationCode code = AuthorizationCode.KIND.find(image, parts.id());
            if (code == null || !holds(app.mac(), secret.secret()) || !holds(code.mac(), parts.secret())) {
                return Decision.unchanged(Optional.empty());
            }
            List<Change> changes = new ArrayList<>();
            changes.add(AuthorizationCode.KIND.remove(parts.id()));
            boolean valid = code.app().equals(clientId)
                    && code.redirectUri().equals(redirectUri)
                    && code.acceptsVerifier(verifier)
                    && code.expires().isAfter(context.now());
            if (!valid) {
                return new Decision<>(changes, Optional.empty());
            }
            Decision<CreatedPreAuthKey> key = PreAuthKeys.forTailnet(
                            new NewPreAuthKey(new UserId(code.userId()), false, false, null, List.of()),
                            new PreAuthKey.Terms("", false, null, clientId, app.allowedNodeAttributes(), true),
                            KEY_LIFE,
                            tag -> true,
                            secretMac)
                    .decide(image, context);
            changes.addAll(key.changes());
            return new Decision<>(changes, Optional.of(key.reply().text()));
        });
    }

    /** The app as this instance knows it, or null. */
    public @Nullable OAuthApp find(String id) {
        return OAuthApp.KIND.find(changelog.image(), id);
    }

    public static OAuthApp require(TailnetImage image, String id) {
        OAuthApp app = OAuthApp.KIND.find(image, id);
        if (app == null) {
            throw new ControlException(ErrorCode.NOT_FOUND, "app " + id + " not found");
        }
        return app;
    }

    private static OAuthApp app(Wanted wanted, String mac, Instant created, Instant updated) {
        return new OAuthApp(
                wanted.name(),
                wanted.description(),
                wanted.redirectUris(),
                wanted.scopes(),
                wanted.allowedNodeAttributes(),
                mac,
                created,
                updated);
    }

    private static void check(Wanted wanted) {
        if (!NAME.matcher(wanted.name()).matches()) {
            throw invalid(
                    "name \"" + wanted.name() + "\": must be 3 to 50 letters, digits, dots, underscores or hyphens");
        }
        if (wanted.description().length() > MAX_DESCRIPTION) {
            throw invalid("description: at most " + MAX_DESCRIPTION + " characters");
        }
        requireSome("redirectURIs", wanted.redirectUris());
        requireSome("scopes", wanted.scopes());
        if (wanted.allowedNodeAttributes().size() > MAX_LIST) {
            throw invalid("allowedNodeAttributes: at most " + MAX_LIST);
        }
        wanted.redirectUris().forEach(OAuthApps::checkRedirect);
        for (String scope : wanted.scopes()) {
            if (!SCOPES.contains(scope)) {
                throw invalid("scope \"" + scope + "\": an app has auth_keys:create or auth_keys:create:once");
            }
        }
        for (String attribute : wanted.allowedNodeAttributes()) {
            try {
                PostureAttributes.checkKey(attribute);
            } catch (ControlException refused) {
                throw invalid("allowedNodeAttributes: " + refused.detail());
            }
        }
    }

    private static void requireSome(String what, List<String> list) {
        if (list.isEmpty() || list.size() > MAX_LIST) {
            throw invalid(what + ": 1 to " + MAX_LIST + " are needed");
        }
    }

    private static void checkRedirect(String text) {
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw invalid("redirect URI \"" + text + "\" is not a URL");
        }
        @Nullable String host = uri.getHost();
        boolean valid = text.length() <= MAX_REDIRECT
                && host != null
                && uri.getScheme() != null
                && uri.getRawUserInfo() == null
                && uri.getRawFragment() == null
                && (LOOPBACK.contains(host) || uri.getScheme().equals("https") && !isAddress(host));
        if (!valid) {
            throw invalid("redirect URI \"" + text
                    + "\": must be https and name a host, or go to localhost, and have at most " + MAX_REDIRECT
                    + " characters");
        }
    }

    private static boolean isAddress(String host) {
        return host.startsWith("[") || host.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
    }

    private String mac(String secret) {
        return HexFormat.of().formatHex(secretMac.mac(secret).toArray());
    }

    private boolean holds(String mac, String secret) {
        return secretMac.matches(secret, Bytes32.of(HexFormat.of().parseHex(mac)));
    }

    private static ControlException invalid(String detail) {
        return new ControlException(ErrorCode.INVALID_ARGUMENT, detail);
    }
}
