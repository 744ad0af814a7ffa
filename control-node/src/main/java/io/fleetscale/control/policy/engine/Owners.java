package io.fleetscale.control.policy.engine;

import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** How policies name users. Source: policy 2.4. */
final class Owners {
    private static final Principals.Owner UNKNOWN = new Principals.Owner(Set.of(), "", "");

    private Owners() {}

    static Principals.Owner of(@Nullable User user) {
        if (user == null) {
            return UNKNOWN;
        }
        Set<String> logins = new TreeSet<>();
        if (!user.name().isEmpty()) {
            logins.add(Principals.anyCase(user.name()));
            logins.add(Principals.anyCase(user.name() + "@"));
        }
        if (!user.email().isEmpty()) {
            logins.add(Principals.anyCase(user.email()));
        }
        if (!user.providerId().isEmpty()) {
            logins.add(user.providerId());
        }
        user.groups().forEach(group -> logins.add(Principals.anyCase("group:" + group)));
        return new Principals.Owner(logins, domainOf(login(user)), user.role().text());
    }

    /** The login that domains and local parts are taken from. */
    static String login(User user) {
        return user.email().isEmpty() ? user.name() : user.email();
    }

    /** The domain of the owner's login; without an owner those of all logins. */
    static Set<String> domains(TailnetImage image) {
        Set<String> domains = new TreeSet<>();
        Set<String> ofOwner = new TreeSet<>();
        for (User user : image.users().values()) {
            String domain = domainOf(login(user));
            if (!domain.isEmpty()) {
                domains.add(domain);
                if (user.role() == Role.OWNER) {
                    ofOwner.add(domain);
                }
            }
        }
        return ofOwner.isEmpty() ? domains : ofOwner;
    }

    private static String domainOf(String login) {
        int at = login.lastIndexOf('@');
        return at < 0 ? "" : login.substring(at + 1);
    }
}
