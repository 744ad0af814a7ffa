package io.fleetscale.control.trust;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import io.fleetscale.wire.key.Bytes32;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Credentials of the API v2 as people and programs handle them. Revoked and expired ones are kept for 90 days, so that they can
 * still be shown. Thread-safe.
 */
public final class Credentials {
    public static final int MAX_DAYS = 90;
    /** Life of a token that a trust credential mints. Source: tailscale-api-v2 6.1. */
    public static final Duration MINTED_LIFE = Duration.ofHours(1);

    private static final Duration KEPT = Duration.ofDays(90);
    private static final int MAX_DESCRIPTION = 50;
    private static final int MAX_PATTERN = 1024;

    private final Changelog changelog;
    private final SecretMac secretMac;
    private final TagOwners tagOwners;
    private final String audienceBase;

    /** @param audienceBase what made-up audiences begin with, for example {@code api.example.com} */
    public Credentials(Changelog changelog, SecretMac secretMac, TagOwners tagOwners, String audienceBase) {
        this.changelog = changelog;
        this.secretMac = secretMac;
        this.tagOwners = tagOwners;
        this.audienceBase = audienceBase;
    }

    /**
     * Makes an access token of a person. INVALID_ARGUMENT for a number of days outside 1 to 90 or a bad description, NOT_FOUND
     * for an unknown user, PERMISSION_DENIED for one whose role has no tokens.
     */
    public CompletableFuture<Created> createAccessToken(UserId user, long days, String description) {
        return changelog.write((image, context) -> {
            if (days < 1 || days > MAX_DAYS) {
                throw invalid("days " + days + ": an access token lives for 1 to " + MAX_DAYS + " whole days");
            }
            checkDescription(description);
            User owner = image.user(user);
            if (owner == null) {
                throw new ControlException(ErrorCode.NOT_FOUND, "user " + user + " not found");
            }
            if (Scopes.ofRole(owner.role()).isEmpty()) {
                throw new ControlException(
                        ErrorCode.PERMISSION_DENIED,
                        "user " + owner.loginName() + " is " + owner.role().text()
                                + ": only owner, admin, it-admin and network-admin have access tokens");
            }
            TrustText text = TrustText.next(context.random());
            Instant created = context.now().truncatedTo(ChronoUnit.SECONDS);
            Credential token = new Credential(
                    Credential.Type.ACCESS_TOKEN,
                    mac(text),
                    user.value(),
                    description,
                    created,
                    null,
                    created.plus(Duration.ofDays(days)),
                    null,
                    "",
                    List.of(),
                    List.of(),
                    "",
                    "",
                    "",
                    Map.of(),
                    "");
            return put(image, context.now(), text.id(), token, text.reveal(TrustText.ACCESS));
        });
    }

    /** Makes a trust credential; INVALID_ARGUMENT for bad scopes, tags, description, issuer or patterns. */
    public CompletableFuture<Created> createTrust(NewTrust wanted) {
        return changelog.write((image, context) -> {
            TrustText text = TrustText.next(context.random());
            boolean federated = wanted.type() == Credential.Type.FEDERATED_IDENTITY;
            Instant created = context.now().truncatedTo(ChronoUnit.SECONDS);
            Credential credential =
                    credential(image, wanted, text.id(), federated ? "" : mac(text), wanted.userId(), created, null);
            return put(image, context.now(), text.id(), credential, federated ? "" : text.reveal(TrustText.CLIENT));
        });
    }

    /** Replaces what a trust credential may do; its secret stays. Fails as {@link #createTrust}, and NOT_FOUND. */
    public CompletableFuture<Created> updateTrust(String id, NewTrust wanted) {
        return changelog.write((image, context) -> {
            Credential old = require(image, id);
            if (old.type() != wanted.type()) {
                throw invalid("key " + id + ": keyType cannot be changed");
            }
            if (!old.isValidAt(context.now())) {
                throw invalid("key " + id + " is revoked");
            }
            NewTrust keeping = wanted.audience().isEmpty()
                    ? new NewTrust(
                            wanted.type(),
                            wanted.userId(),
                            wanted.description(),
                            wanted.scopes(),
                            wanted.tags(),
                            wanted.issuer(),
                            wanted.subject(),
                            old.audience(),
                            wanted.claimRules())
                    : wanted;
            Credential next = credential(
                    image,
                    keeping,
                    id,
                    old.mac(),
                    old.userId(),
                    old.created(),
                    context.now().truncatedTo(ChronoUnit.SECONDS));
            return new Decision<>(List.of(Credential.KIND.put(id, next)), new Created(id, next, ""));
        });
    }

    /**
     * Ends a credential of any type; its minted tokens end with it. Completes with the credential, or empty if there is none.
     * One that is over already stays as it is.
     */
    public CompletableFuture<Optional<Credential>> revoke(String id, String by) {
        return changelog.write((image, context) -> {
            Credential old = find(image, id);
            if (old == null || old.revoked() != null) {
                return Decision.unchanged(Optional.ofNullable(old));
            }
            Credential revoked = old.withRevoked(context.now().truncatedTo(ChronoUnit.SECONDS), by);
            boolean minted = old.type() == Credential.Type.OAUTH_TOKEN;
            Change change = minted ? Credential.MINTED.put(id, revoked) : Credential.KIND.put(id, revoked);
            return Decision.of(Optional.of(revoked), change);
        });
    }

    /**
     * Mints a token for a trust credential, which the caller has verified.
     *
     * @param scopes part of the credential's
     * @param tags part of the credential's
     */
    public CompletableFuture<Created> mint(String parent, List<String> scopes, List<String> tags) {
        return changelog.write((image, context) -> {
            Credential trust = require(image, parent);
            if (!trust.isValidAt(context.now())) {
                throw new ControlException(ErrorCode.UNAUTHENTICATED, "the credential is revoked");
            }
            TrustText text = TrustText.next(context.random());
            Instant created = context.now().truncatedTo(ChronoUnit.SECONDS);
            Credential token = new Credential(
                    Credential.Type.OAUTH_TOKEN,
                    mac(text),
                    0,
                    "",
                    created,
                    null,
                    created.plus(MINTED_LIFE),
                    null,
                    "",
                    scopes,
                    tags,
                    "",
                    "",
                    "",
                    Map.of(),
                    parent);
            List<Change> changes = new ArrayList<>();
            changes.add(Credential.MINTED.put(text.id(), token));
            Credential.MINTED.all(image).forEach((id, old) -> {
                Instant expires = old.expires();
                if (expires != null && !expires.isAfter(context.now())) {
                    changes.add(Credential.MINTED.remove(id));
                }
            });
            return new Decision<>(changes, new Created(text.id(), token, text.reveal(TrustText.ACCESS)));
        });
    }

    /** The credential that a text is the secret of, whatever its state, or null. */
    public @Nullable Created verify(TailnetImage image, String marker, String text) {
        TrustText parts = TrustText.parse(marker, text);
        if (parts == null) {
            return null;
        }
        Credential found = find(image, parts.id());
        if (found == null || found.mac().isEmpty() || !isOf(found, marker)) {
            return null;
        }
        boolean matches =
                secretMac.matches(parts.secret(), Bytes32.of(HexFormat.of().parseHex(found.mac())));
        return matches ? new Created(parts.id(), found, "") : null;
    }

    private static boolean isOf(Credential credential, String marker) {
        return switch (credential.type()) {
            case ACCESS_TOKEN, OAUTH_TOKEN -> marker.equals(TrustText.ACCESS);
            case OAUTH_CLIENT -> marker.equals(TrustText.CLIENT);
            case FEDERATED_IDENTITY -> false;
        };
    }

    /** A credential of any type and state, or null. */
    public static @Nullable Credential find(TailnetImage image, String id) {
        Credential found = Credential.KIND.find(image, id);
        return found == null ? Credential.MINTED.find(image, id) : found;
    }

    /**
     * What a valid credential may do now: a token of a person what the person's role allows, a minted one its scopes while its
     * trust credential holds; empty: nothing.
     */
    public static List<String> scopesNow(TailnetImage image, Credential credential, Instant now) {
        return switch (credential.type()) {
            case ACCESS_TOKEN -> {
                User owner = image.user(new UserId(credential.userId()));
                yield owner == null || owner.status() != UserStatus.ACTIVE ? List.of() : Scopes.ofRole(owner.role());
            }
            case OAUTH_TOKEN -> {
                Credential parent = Credential.KIND.find(image, credential.parent());
                yield parent == null || !parent.isValidAt(now) ? List.of() : credential.scopes();
            }
            case OAUTH_CLIENT, FEDERATED_IDENTITY -> credential.scopes();
        };
    }

    static Credential require(TailnetImage image, String id) {
        Credential found = Credential.KIND.find(image, id);
        if (found == null) {
            throw new ControlException(ErrorCode.NOT_FOUND, "key " + id + " not found");
        }
        return found;
    }

    /** @throws ControlException INVALID_ARGUMENT for one that is too long or has other characters */
    public static void checkDescription(String description) {
        boolean valid = description.length() <= MAX_DESCRIPTION
                && description.chars().allMatch(c -> c == ' ' || c == '-' || c < 128 && Character.isLetterOrDigit(c));
        if (!valid) {
            throw invalid("description: at most " + MAX_DESCRIPTION + " letters, digits, hyphens and spaces");
        }
    }

    private Credential credential(
            TailnetImage image,
            NewTrust wanted,
            String id,
            String mac,
            long userId,
            Instant created,
            @Nullable Instant updated) {
        checkDescription(wanted.description());
        List<String> scopes = Scopes.normalise(wanted.scopes());
        if (Scopes.needTags(scopes) && wanted.tags().isEmpty()) {
            throw invalid("tags: at least one is needed with the scopes devices:core and auth_keys");
        }
        for (String tag : wanted.tags()) {
            if (!tagOwners.exists(image, tag)) {
                throw invalid("tags: \"" + tag + "\" is not defined by the policy's tagOwners");
            }
        }
        String audience = wanted.audience();
        if (wanted.type() == Credential.Type.FEDERATED_IDENTITY) {
            checkFederation(wanted);
            audience = audience.isEmpty() ? audienceBase + "/" + id : audience;
        }
        return new Credential(
                wanted.type(),
                mac,
                userId,
                wanted.description(),
                created,
                updated,
                null,
                null,
                "",
                scopes,
                wanted.tags(),
                wanted.issuer(),
                wanted.subject(),
                audience,
                wanted.claimRules(),
                "");
    }

    private static void checkFederation(NewTrust wanted) {
        if (!wanted.issuer().startsWith("https://") || wanted.issuer().length() > MAX_PATTERN) {
            throw invalid("issuer: an https URL is needed");
        }
        if (wanted.subject().isEmpty() || wanted.subject().length() > MAX_PATTERN) {
            throw invalid("subject: a pattern is needed");
        }
        wanted.claimRules().forEach((claim, pattern) -> {
            if (claim.isEmpty() || claim.length() > MAX_PATTERN || pattern.length() > MAX_PATTERN) {
                throw invalid("customClaimRules: bad rule for \"" + claim + "\"");
            }
        });
    }

    private String mac(TrustText text) {
        return HexFormat.of().formatHex(secretMac.mac(text.secret()).toArray());
    }

    /** Puts a new credential, and lets go of those that were over long ago. */
    private static Decision<Created> put(
            TailnetImage image, Instant now, String id, Credential credential, String text) {
        List<Change> changes = new ArrayList<>();
        changes.add(Credential.KIND.put(id, credential));
        Instant forgotten = now.minus(KEPT);
        Credential.KIND.all(image).forEach((oldId, old) -> {
            if (!old.isValidAt(forgotten)) {
                changes.add(Credential.KIND.remove(oldId));
            }
        });
        return new Decision<>(changes, new Created(id, credential, text));
    }

    private static ControlException invalid(String detail) {
        return new ControlException(ErrorCode.INVALID_ARGUMENT, detail);
    }
}
