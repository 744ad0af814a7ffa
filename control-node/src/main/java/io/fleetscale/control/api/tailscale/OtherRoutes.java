package io.fleetscale.control.api.tailscale;

import java.util.List;

/**
 * Operations that have no effect here, each with its reason: sharing devices with other tailnets, invitations by mail, and
 * organisations of several tailnets. Source: tailscale-api-v2 7.2, 7.11, 8.3, 8.15.
 */
final class OtherRoutes {
    private static final String SHARING = "this server has one tailnet: devices are not shared with others";
    private static final String INVITING =
            "users come by logging in at the identity provider, or are made by an administrator";
    private static final String ONE_TAILNET = "this server has one tailnet, which is not made or deleted by the API";

    private OtherRoutes() {}

    static List<Operation> operations() {
        Access read = Access.scopes("device_invites:read");
        Access write = Access.scopes("device_invites");
        Access person = Access.person();
        Access usersRead = Access.scopes("users:read");
        String device = "/device/{deviceId}/device-invites";
        String deviceInvite = "/device-invites/{deviceInviteId}";
        String userInvite = "/user-invites/{userInviteId}";
        return List.of(
                Operation.unsupported(16, "GET", device, read, "listDeviceInvites", SHARING),
                Operation.unsupported(
                        17, "POST", device, Access.person("device_invites"), "createDeviceInvites", SHARING),
                Operation.unsupported(18, "GET", deviceInvite, read, "getDeviceInvite", SHARING),
                Operation.unsupported(19, "DELETE", deviceInvite, write, "deleteDeviceInvite", SHARING),
                Operation.unsupported(20, "POST", deviceInvite + "/resend", person, "resendDeviceInvite", SHARING),
                Operation.unsupported(21, "POST", "/device-invites/-/accept", person, "acceptDeviceInvite", SHARING),
                Operation.unsupported(22, "GET", "t/user-invites", usersRead, "listUserInvites", INVITING),
                Operation.unsupported(
                        23, "POST", "t/user-invites", Access.person("users"), "createUserInvites", INVITING),
                Operation.unsupported(24, "GET", userInvite, usersRead, "getUserInvite", INVITING),
                Operation.unsupported(25, "DELETE", userInvite, person, "deleteUserInvite", INVITING),
                Operation.unsupported(26, "POST", userInvite + "/resend", person, "resendUserInvite", INVITING),
                Operation.unsupported(
                        97,
                        "GET",
                        "/organizations/{org}/tailnets",
                        Access.scopes("tailnets:read"),
                        "listTailnets",
                        ONE_TAILNET),
                Operation.unsupported(
                        98,
                        "POST",
                        "/organizations/{org}/tailnets",
                        Access.scopes("tailnets"),
                        "createTailnet",
                        ONE_TAILNET),
                Operation.unsupported(
                        99, "DELETE", "/tailnet/{tailnet}", Access.scopes("all"), "deleteTailnet", ONE_TAILNET),
                Operation.unsupported(
                        100, "DELETE", "t/tailnet", Access.scopes("all"), "deleteTailnetOlder", ONE_TAILNET));
    }
}
