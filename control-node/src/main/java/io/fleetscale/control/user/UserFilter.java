package io.fleetscale.control.user;

import io.fleetscale.control.tailnet.User;
import java.util.function.Predicate;

/**
 * Which users to list; at most one part applies, the name before the e-mail before the number. Compared exactly.
 *
 * @param name empty = any
 * @param email empty = any
 * @param id 0 = any
 */
public record UserFilter(String name, String email, long id) {
    public static final UserFilter ALL = new UserFilter("", "", 0);

    Predicate<User> predicate() {
        if (!name.isEmpty()) {
            return user -> user.name().equals(name);
        }
        if (!email.isEmpty()) {
            return user -> user.email().equals(email);
        }
        return id == 0 ? user -> true : user -> user.id().value() == id;
    }
}
