package io.fleetscale.control.tailnet;

import com.google.protobuf.UnknownFieldSet;
import java.time.Instant;

/**
 * A person, or the owner that an administrator made up for nodes.
 *
 * @param name login name; unique among local users, empty is possible
 * @param providerId {@code iss/sub} of an OpenID Connect identity, empty for local users
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
        UnknownFieldSet unknown) {

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

    public User withName(String newName) {
        return new User(id, newName, displayName, email, providerId, provider, profilePicUrl, createdAt, unknown);
    }
}
