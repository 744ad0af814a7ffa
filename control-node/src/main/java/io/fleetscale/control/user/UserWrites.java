package io.fleetscale.control.user;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.node.NodeWrites;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The decisions on users. Pure. */
final class UserWrites {
    private UserWrites() {}

    static HardWrite<User> create(NewUser given) {
        return (image, context) -> {
            requireUsable(given.name());
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
                            UnknownFieldSet.getDefaultInstance())
                    .withRole(roleOfNewcomer(image));
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
            requireUsable(newName);
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

    static HardWrite<User> setRole(UserId id, Role role) {
        return (image, context) -> {
            User user = Users.require(image, id);
            if (user.role() == role) {
                return Decision.unchanged(user);
            }
            requireAnotherOwner(image, user);
            List<Change> changes = new ArrayList<>();
            if (role == Role.OWNER) {
                image.users().values().stream()
                        .filter(other -> other.role() == Role.OWNER)
                        .forEach(other -> changes.add(new Change.UserPut(other.withRole(Role.ADMIN))));
            }
            User changed = user.withRole(role);
            changes.add(new Change.UserPut(changed));
            return new Decision<>(changes, changed);
        };
    }

    /** A tailnet has one owner: at first who came first. */
    private static Role roleOfNewcomer(TailnetImage image) {
        return image.users().isEmpty() ? Role.OWNER : Role.MEMBER;
    }

    static HardWrite<User> setStatus(UserId id, UserStatus status) {
        return (image, context) -> {
            User user = Users.require(image, id);
            if (status != UserStatus.ACTIVE) {
                requireAnotherOwner(image, user);
            }
            User changed = user.withStatus(status);
            return changed.equals(user) ? Decision.unchanged(user) : Decision.of(changed, new Change.UserPut(changed));
        };
    }

    static HardWrite<User> deleteWithDevices(UserId id) {
        return (image, context) -> {
            User user = Users.require(image, id);
            requireAnotherOwner(image, user);
            List<Change> changes = new ArrayList<>();
            Set<PreAuthKeyId> keys = image.preAuthKeys().values().stream()
                    .filter(key -> id.equals(key.userId()))
                    .map(PreAuthKey::id)
                    .collect(Collectors.toSet());
            for (Node node : image.nodes().values()) {
                PreAuthKeyId key = node.preAuthKeyId();
                if (id.equals(node.userId())) {
                    changes.addAll(NodeWrites.removal(image, node));
                } else if (id.equals(node.registeredBy()) || key != null && keys.contains(key)) {
                    changes.add(new Change.NodePut(node.toBuilder()
                            .registeredBy(id.equals(node.registeredBy()) ? null : node.registeredBy())
                            .preAuthKeyId(key != null && keys.contains(key) ? null : key)
                            .build()));
                }
            }
            keys.stream().sorted().map(Change.PreAuthKeyRemoved::new).forEach(changes::add);
            changes.add(new Change.UserRemoved(id));
            return new Decision<>(changes, user);
        };
    }

    private static void requireAnotherOwner(TailnetImage image, User user) {
        boolean last = user.role() == Role.OWNER
                && image.users().values().stream()
                        .noneMatch(other -> other.role() == Role.OWNER
                                && other.status() == UserStatus.ACTIVE
                                && !other.id().equals(user.id()));
        if (last) {
            throw new ControlException(
                    ErrorCode.PERMISSION_DENIED,
                    "user " + user.loginName() + " is the only owner: make another user owner first");
        }
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
                    known == null ? roleOfNewcomer(image) : known.role(),
                    identity.groups(),
                    known == null ? statusOfNewcomer(image) : known.status(),
                    known == null ? UnknownFieldSet.getDefaultInstance() : known.unknown());
            return user.equals(known) ? Decision.unchanged(user) : Decision.of(user, new Change.UserPut(user));
        };
    }

    private static UserStatus statusOfNewcomer(TailnetImage image) {
        return TailnetSettings.of(image).usersApprovalOn() ? UserStatus.NEEDS_APPROVAL : UserStatus.ACTIVE;
    }

    private static String told(String now, String before) {
        return now.isEmpty() ? before : now;
    }

    /** A policy writes {@code lm@} for the user lm, so that no policy could ever mean a user of that name. Source: field case F008. */
    private static void requireUsable(String name) {
        if (name.endsWith("@")) {
            throw new ControlException(
                    ErrorCode.INVALID_ARGUMENT,
                    "user name \"" + name + "\" must not end with @: policies add it to names, write \""
                            + name.replaceFirst("@+$", "") + "\"");
        }
    }

    private static boolean hasLocal(TailnetImage image, String name) {
        return image.users().values().stream()
                .anyMatch(user -> user.providerId().isEmpty() && user.name().equals(name));
    }

    private static String duplicate(String name) {
        return "a local user \"" + name + "\" exists already (duplicate key value violates unique constraint)";
    }
}
