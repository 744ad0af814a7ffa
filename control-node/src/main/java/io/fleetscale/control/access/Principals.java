package io.fleetscale.control.access;

import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whom the identity aliases of a policy denote. Pure. Source: policy 2.4, 2.6. */
final class Principals {
    private Principals() {}

    /** Whether an alias denotes the user; tags and addresses never do. */
    static boolean denotes(Alias alias, TailnetImage image, User user) {
        return switch (alias) {
            case Alias.Login login -> means(image, login.text(), user);
            case Alias.Domain domain ->
                loginOf(user)
                                .toLowerCase(Locale.ROOT)
                                .endsWith("@" + domain.domain().toLowerCase(Locale.ROOT))
                        && PolicyEnvironment.domainsOf(image).contains(domain.domain());
            case Alias.Group group ->
                group.isSynced()
                        ? user.groups().stream().anyMatch(group.name()::equalsIgnoreCase)
                        : group.logins().stream().anyMatch(login -> means(image, login, user));
            case Alias.Members members -> true;
            case Alias.Roles roles -> roles.roles().contains(user.role().text());
            default -> false;
        };
    }

    /** Whether an alias denotes the node by its tags or, when it has none, by its owner. */
    static boolean denotes(Alias alias, TailnetImage image, Node node) {
        if (node.isTagged()) {
            return switch (alias) {
                case Alias.Tag tag -> node.tags().contains(tag.text());
                case Alias.Tagged tagged -> true;
                default -> false;
            };
        }
        User owner = ownerOf(image, node);
        return owner != null && denotes(alias, image, owner);
    }

    static boolean anyDenotes(Collection<Alias> aliases, TailnetImage image, Node node) {
        return aliases.stream().anyMatch(alias -> denotes(alias, image, node));
    }

    private static @Nullable User ownerOf(TailnetImage image, Node node) {
        return node.userId() == null ? null : image.user(node.userId());
    }

    /** A login that could mean several users means none of them. Source: field case F058. */
    private static boolean means(TailnetImage image, String login, User user) {
        return hasLogin(user, login)
                && image.users().values().stream()
                        .noneMatch(other -> !other.id().equals(user.id()) && hasLogin(other, login));
    }

    private static boolean hasLogin(User user, String login) {
        return login.equals(user.providerId()) && !login.isEmpty()
                || List.of(user.email(), user.name(), user.name() + "@").stream()
                        .anyMatch(own -> !own.isEmpty() && !own.equals("@") && own.equalsIgnoreCase(login));
    }

    private static String loginOf(User user) {
        return user.email().isEmpty() ? user.name() : user.email();
    }
}
