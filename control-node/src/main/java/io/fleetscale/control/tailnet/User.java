package io.fleetscale.control.tailnet;

import com.google.protobuf.UnknownFieldSet;
import java.time.Instant;
import java.util.List;

/**
 * A person, or the owner that an administrator made up for nodes.
 *
 * @param name login name; unique among local users, empty is possible
 * @param providerId {@code iss/sub} of an OpenID Connect identity, empty for local users
 * @param groups that the identity provider names, for example {@code eng@example.com}; sorted
 * @param status whether the user may take part in the tailnet
 * @param unknown fields of a newer release, written back untouched
 */
public record User(
        UserId id,
        String name,
        String displayName,
        String email,
        String providerId,
        String provider,
        String profilePicUrl,
        Instant createdAt,
        Role role,
        List<String> groups,
        UserStatus status,
        UnknownFieldSet unknown) {

    public User {
        groups = List.copyOf(groups);
    }

    /** An active user. */
    public User(
            UserId id,
            String name,
            String displayName,
            String email,
            String providerId,
            String provider,
            String profilePicUrl,
            Instant createdAt,
            Role role,
            List<String> groups,
            UnknownFieldSet unknown) {
        this(
                id,
                name,
                displayName,
                email,
                providerId,
                provider,
                profilePicUrl,
                createdAt,
                role,
                groups,
                UserStatus.ACTIVE,
                unknown);
    }

    /** A member without groups. */
    public User(
            UserId id,
            String name,
            String displayName,
            String email,
            String providerId,
            String provider,
            String profilePicUrl,
            Instant createdAt,
            UnknownFieldSet unknown) {
        this(
                id,
                name,
                displayName,
                email,
                providerId,
                provider,
                profilePicUrl,
                createdAt,
                Role.MEMBER,
                List.of(),
                unknown);
    }

    /** The owner that clients and lists see for tagged nodes. Source: control-protocol 4.2, headscale types/users.go. */
    public static final User TAGGED_DEVICES = new User(
            new UserId(2147455555L),
            "tagged-devices",
            "Tagged Devices",
            "",
            "",
            "",
            "",
            Instant.parse("0001-01-01T00:00:00Z"),
            UnknownFieldSet.getDefaultInstance());

    /** The name to show and to log in with: name, else e-mail, else provider identifier, else the number. Never empty. */
    public String loginName() {
        if (!name.isEmpty()) {
            return name;
        }
        if (!email.isEmpty()) {
            return email;
        }
        return providerId.isEmpty() ? id.toString() : providerId;
    }

    /** The display name, or the login name where none is set. */
    public String shownName() {
        return displayName.isEmpty() ? loginName() : displayName;
    }

    /** By which policies name the user: the e-mail address, or the name where there is none. Source: policy 2.4. */
    public String policyLogin() {
        return email.isEmpty() ? name : email;
    }

    public User withName(String newName) {
        return new User(
                id,
                newName,
                displayName,
                email,
                providerId,
                provider,
                profilePicUrl,
                createdAt,
                role,
                groups,
                status,
                unknown);
    }

    public User withRole(Role newRole) {
        return new User(
                id,
                name,
                displayName,
                email,
                providerId,
                provider,
                profilePicUrl,
                createdAt,
                newRole,
                groups,
                status,
                unknown);
    }

    public User withGroups(List<String> newGroups) {
        return new User(
                id,
                name,
                displayName,
                email,
                providerId,
                provider,
                profilePicUrl,
                createdAt,
                role,
                newGroups,
                status,
                unknown);
    }

    public User withStatus(UserStatus newStatus) {
        return new User(
                id,
                name,
                displayName,
                email,
                providerId,
                provider,
                profilePicUrl,
                createdAt,
                role,
                groups,
                newStatus,
                unknown);
    }
}
