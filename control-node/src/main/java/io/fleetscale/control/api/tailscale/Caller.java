package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.trust.Scopes;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who calls.
 *
 * @param credential identifier of what was shown
 * @param parent of a minted token: the trust credential; else empty
 * @param userId owner of an access token; of headscale's key the owner of the tailnet; else absent
 * @param tags of a minted token
 */
record Caller(
        CredentialKind kind,
        String credential,
        String parent,
        @Nullable UserId userId,
        List<String> scopes,
        List<String> tags) {

    Caller {
        scopes = List.copyOf(scopes);
        tags = List.copyOf(tags);
    }

    Optional<UserId> user() {
        return Optional.ofNullable(userId);
    }

    /** Whether it is a person's token. */
    boolean isPerson() {
        return kind == CredentialKind.TAILSCALE_ACCESS_TOKEN;
    }

    boolean isTrustCredential() {
        return kind == CredentialKind.OAUTH_ACCESS_TOKEN;
    }

    boolean has(String scope) {
        return Scopes.cover(scopes, scope);
    }

    void require(String scope) {
        if (!has(scope)) {
            throw ApiFailure.missingScope(scope);
        }
    }

    /** Refuses what nobody may do to themselves. */
    void requireOther(UserId user) {
        if (isPerson() && user.equals(userId)) {
            throw new ApiFailure(403, "users cannot do this to themselves");
        }
    }

    /** Which tags it may assign, of those that exist: a trust credential its own and those that belong to them. */
    Predicate<String> assignable(TailnetImage image, TagOwners owners) {
        return isTrustCredential() && !scopes.contains(Scopes.ALL)
                ? tag -> owners.ownedBy(image, tag, tags)
                : tag -> owners.exists(image, tag);
    }

    Actor actor(TailnetImage image, String requestId) {
        User user = isPerson() && userId != null ? image.user(userId) : null;
        Actor.Type type = isPerson()
                ? Actor.Type.USER
                : isTrustCredential() ? Actor.Type.OAUTH_CLIENT : Actor.Type.AUTOMATED_WORKER;
        String id = isPerson() && userId != null ? userId.toString() : isTrustCredential() ? parent : credential;
        return new Actor(
                id,
                type,
                user == null ? "" : user.loginName(),
                user == null ? id : user.shownName(),
                tags,
                Actor.Origin.CONFIG_API,
                "tailscale",
                requestId);
    }
}
