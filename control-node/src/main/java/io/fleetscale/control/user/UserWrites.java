package io.fleetscale.control.user;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The decisions on users. Pure. */
final class UserWrites {
    private UserWrites() {}

    static HardWrite<User> create(NewUser given) {
        return (image, context) -> {
            if (hasLocal(image, given.name())) {
                throw new ControlException(
                        ErrorCode.INTERNAL, ErrorCode.ALREADY_EXISTS, "creating user: " + duplicate(given.name()));
            }
            User user = new User(
                    new UserId(image.counters().nextUser()),
                    given.name(),
                    given.displayName(),
                    given.email(),
                    "",
                    "",
                    given.profilePicUrl(),
                    context.now(),
                    UnknownFieldSet.getDefaultInstance());
            return Decision.of(user, new Change.UserPut(user));
        };
    }

    static HardWrite<User> rename(UserId id, String newName) {
        return (image, context) -> {
            User user = Users.require(image, id);
            List<User> others = image.users().values().stream()
                    .filter(other -> other.name().equals(newName) && !other.id().equals(id))
                    .toList();
            if (newName.isEmpty()) {
                throw Users.notFound();
            }
            boolean local = user.providerId().isEmpty();
            if (local && others.stream().anyMatch(other -> other.providerId().isEmpty())) {
                throw new ControlException(
                        ErrorCode.UNKNOWN, ErrorCode.ALREADY_EXISTS, "updating user: " + duplicate(newName));
            }
            if (!others.isEmpty()) {
                throw new ControlException(
                        ErrorCode.UNKNOWN, "expected exactly one user, found " + (others.size() + 1));
            }
            User renamed = user.withName(newName);
            return renamed.equals(user) ? Decision.unchanged(user) : Decision.of(renamed, new Change.UserPut(renamed));
        };
    }

    static HardWrite<User> delete(UserId id) {
        return (image, context) -> {
            User user = Users.require(image, id);
            long nodes = image.nodes().values().stream()
                    .filter(node -> id.equals(node.userId()))
                    .count();
            if (nodes > 0) {
                throw new ControlException(
                        ErrorCode.UNKNOWN,
                        ErrorCode.FAILED_PRECONDITION,
                        "user not empty: node(s) found: user \"" + user.name() + "\" owns " + nodes);
            }
            Set<PreAuthKeyId> keys = image.preAuthKeys().values().stream()
                    .filter(key -> id.equals(key.userId()))
                    .map(PreAuthKey::id)
                    .collect(Collectors.toSet());
            List<Change> changes = new ArrayList<>();
            for (Node node : image.nodes().values()) {
                PreAuthKeyId key = node.preAuthKeyId();
                if (key != null && keys.contains(key)) {
                    changes.add(new Change.NodePut(
                            node.toBuilder().preAuthKeyId(null).build()));
                }
            }
            keys.stream().sorted().map(Change.PreAuthKeyRemoved::new).forEach(changes::add);
            changes.add(new Change.UserRemoved(id));
            return new Decision<>(changes, user);
        };
    }

    static HardWrite<User> signIn(ProviderIdentity identity) {
        return (image, context) -> {
            String identifier = identity.identifier();
            User known = image.users().values().stream()
                    .filter(user -> user.providerId().equals(identifier))
                    .findFirst()
                    .orElse(null);
            User user = new User(
                    known == null ? new UserId(image.counters().nextUser()) : known.id(),
                    told(identity.validUserName(), known == null ? "" : known.name()),
                    told(identity.displayName(), known == null ? "" : known.displayName()),
                    told(identity.email(), known == null ? "" : known.email()),
                    identifier,
                    ProviderIdentity.PROVIDER,
                    told(identity.pictureUrl(), known == null ? "" : known.profilePicUrl()),
                    known == null ? context.now() : known.createdAt(),
                    known == null ? Role.MEMBER : known.role(),
                    identity.groups(),
                    known == null ? UnknownFieldSet.getDefaultInstance() : known.unknown());
            return user.equals(known) ? Decision.unchanged(user) : Decision.of(user, new Change.UserPut(user));
        };
    }

    private static String told(String now, String before) {
        return now.isEmpty() ? before : now;
    }

    private static boolean hasLocal(TailnetImage image, String name) {
        return image.users().values().stream()
                .anyMatch(user -> user.providerId().isEmpty() && user.name().equals(name));
    }

    private static String duplicate(String name) {
        return "a local user \"" + name + "\" exists already (duplicate key value violates unique constraint)";
    }
}
