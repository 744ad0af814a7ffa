package io.fleetscale.control.tailnet;

import java.util.Locale;
import java.util.Optional;

/** What a user is in the tailnet. Source: policy 2.6. */
public enum Role {
    MEMBER(0),
    OWNER(1),
    ADMIN(2),
    NETWORK_ADMIN(3),
    IT_ADMIN(4),
    BILLING_ADMIN(5),
    AUDITOR(6);

    private final int number;

    Role(int number) {
        this.number = number;
    }

    /** As it is stored. */
    public int number() {
        return number;
    }

    /** A number of a newer release is a member's. */
    public static Role ofNumber(int number) {
        for (Role role : values()) {
            if (role.number == number) {
                return role;
            }
        }
        return MEMBER;
    }

    /** As policies and lists spell it, for example {@code network-admin}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<Role> ofText(String text) {
        for (Role role : values()) {
            if (role.text().equals(text)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
