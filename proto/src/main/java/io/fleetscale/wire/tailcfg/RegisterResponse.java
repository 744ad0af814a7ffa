package io.fleetscale.wire.tailcfg;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Answer to {@code POST /machine/register}. Source: control-protocol 4.2.
 *
 * @param profile owner of the node; null where the request was refused or waits for a person
 * @param authUrl where a person has to go; empty = nowhere
 * @param error shown to the user as it is; wins over everything else
 */
public record RegisterResponse(
        @Nullable Profile profile, boolean nodeKeyExpired, boolean machineAuthorized, String authUrl, String error) {

    /**
     * Owner as the client's user interfaces show it.
     *
     * @param loginName never empty: a client forgets a login without one
     */
    public record Profile(
            long userId,
            String loginName,
            String displayName,
            String provider,
            String profilePicUrl,
            @Nullable Instant created) {}

    public static RegisterResponse registered(Profile profile, boolean nodeKeyExpired) {
        return new RegisterResponse(profile, nodeKeyExpired, true, "", "");
    }

    /** Known, and not yet approved: the client waits for that. */
    public static RegisterResponse notApproved(Profile profile) {
        return new RegisterResponse(profile, false, false, "", "");
    }

    /** The key may not be used any more: the client makes a new one and registers that. */
    public static RegisterResponse keyExpired() {
        return new RegisterResponse(null, true, false, "", "");
    }

    public static RegisterResponse needsLogin(String authUrl) {
        return new RegisterResponse(null, false, false, authUrl, "");
    }

    public static RegisterResponse refused(String error) {
        return new RegisterResponse(null, false, false, "", error);
    }

    public byte[] toJson() {
        return JsonOut.object(json -> {
            Profile owner = profile;
            if (owner != null) {
                json.object("User", out -> {
                    out.generator().writeNumberProperty("ID", owner.userId());
                    out.generator().writeStringProperty("DisplayName", owner.displayName());
                    out.text("ProfilePicURL", owner.profilePicUrl());
                    if (owner.created() != null) {
                        out.text("Created", GoTime.format(owner.created()));
                    }
                });
                json.object("Login", out -> {
                    out.generator().writeNumberProperty("ID", owner.userId());
                    out.generator().writeStringProperty("Provider", owner.provider());
                    out.generator().writeStringProperty("LoginName", owner.loginName());
                    out.generator().writeStringProperty("DisplayName", owner.displayName());
                    out.text("ProfilePicURL", owner.profilePicUrl());
                });
            }
            json.generator().writeBooleanProperty("NodeKeyExpired", nodeKeyExpired);
            json.generator().writeBooleanProperty("MachineAuthorized", machineAuthorized);
            json.generator().writeStringProperty("AuthURL", authUrl);
            json.text("Error", error);
        });
    }
}
