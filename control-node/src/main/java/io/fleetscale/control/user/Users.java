package io.fleetscale.control.user;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Users as administrators handle them. Thread-safe. Every future fails with a {@link ControlException} whose code and text
 * are headscale's. Source: headscale-surface 1.4 "Users".
 */
public final class Users {
    private final Changelog changelog;

    public Users(Changelog changelog) {
        this.changelog = changelog;
    }

    /**
     * Creates a local user. INTERNAL {@code creating user: ...} when a local user has the name; INVALID_ARGUMENT when the name
     * ends with {@code @}.
     */
    public CompletableFuture<User> create(NewUser user) {
        return changelog.write(UserWrites.create(user));
    }

    /**
     * Renames a user. UNKNOWN {@code user not found}, or {@code updating user: ...} when another local user has the name;
     * an empty name changes nothing and is {@code user not found}; INVALID_ARGUMENT when it ends with {@code @}.
     */
    public CompletableFuture<User> rename(UserId id, String newName) {
        return changelog.write(UserWrites.rename(id, newName));
    }

    /**
     * Removes a user and the user's pre-auth keys; completes with who was removed. UNKNOWN {@code user not found} or
     * {@code user not empty: node(s) found}. Tagged nodes do not count.
     */
    public CompletableFuture<User> delete(UserId id) {
        return changelog.write(UserWrites.delete(id));
    }

    /**
     * Gives a user another role. Whoever becomes owner takes that from the former owner, who stays as an admin. UNKNOWN
     * {@code user not found}; PERMISSION_DENIED for the owner, whom only another owner can succeed.
     */
    public CompletableFuture<User> setRole(UserId id, Role role) {
        return changelog.write(UserWrites.setRole(id, role));
    }

    /** Suspends, restores or approves a user; PERMISSION_DENIED for the last owner. */
    public CompletableFuture<User> setStatus(UserId id, UserStatus status) {
        return changelog.write(UserWrites.setStatus(id, status));
    }

    /** Deletes a user with its untagged nodes and its keys; tagged nodes stay. PERMISSION_DENIED for the last owner. */
    public CompletableFuture<User> deleteWithDevices(UserId id) {
        return changelog.write(UserWrites.deleteWithDevices(id));
    }

    /** Lets a person of an issuer in: the user of that issuer and subject, made at the first login, with what is told now. */
    public CompletableFuture<User> signIn(ProviderIdentity identity) {
        return changelog.write(UserWrites.signIn(identity));
    }

    /** The user of a number, as of now; UNKNOWN {@code user not found}. */
    public CompletableFuture<User> require(UserId id) {
        return changelog.current().thenApply(image -> require(image, id));
    }

    /** By number, ascending; no match is an empty list. */
    public CompletableFuture<List<User>> list(UserFilter filter) {
        return changelog
                .current()
                .thenApply(image -> image.users().values().stream()
                        .filter(filter.predicate())
                        .toList());
    }

    /** The user of a number; UNKNOWN {@code user not found}. */
    public static User require(TailnetImage image, UserId id) {
        User user = image.user(id);
        if (user == null) {
            throw notFound();
        }
        return user;
    }

    /**
     * The one user of a name. UNKNOWN {@code user not found}, or {@code expected exactly one user, found N} where a local
     * user and users of a provider share it.
     */
    public static User requireByName(TailnetImage image, String name) {
        List<User> found = image.users().values().stream()
                .filter(user -> user.name().equals(name))
                .toList();
        if (found.size() > 1) {
            throw new ControlException(ErrorCode.UNKNOWN, "expected exactly one user, found " + found.size());
        }
        if (found.isEmpty()) {
            throw notFound();
        }
        return found.getFirst();
    }

    /**
     * The user of a number, or the one user of a name; digits are a number first. UNKNOWN {@code user not found}, {@code
     * expected exactly one user, found N}.
     */
    public static User requireByIdOrName(TailnetImage image, String text) {
        boolean digits = !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        User byId = digits ? image.user(new UserId(Long.parseLong(text))) : null;
        return byId == null ? requireByName(image, text) : byId;
    }

    static ControlException notFound() {
        return new ControlException(ErrorCode.UNKNOWN, ErrorCode.NOT_FOUND, "user not found");
    }
}
