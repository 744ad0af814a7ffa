package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import io.fleetscale.control.user.Users;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Users of the tailnet. Source: tailscale-api-v2 7.8, 8.4. */
final class UserRoutes {
    private static final Duration IDLE = Duration.ofDays(30);

    private final Users users;
    private final Function<NodeId, Presence> presences;
    private final String tailnetId;

    UserRoutes(Users users, Function<NodeId, Presence> presences, String tailnetId) {
        this.users = users;
        this.presences = presences;
        this.tailnetId = tailnetId;
    }

    List<Operation> operations() {
        Access read = Access.scopes("users:read");
        Access write = Access.scopes("users");
        String user = "/users/{userId}";
        return List.of(
                Operation.of(62, "GET", "t/users", read, "listUsers", "List the users", this::list),
                Operation.of(63, "GET", user, read, "getUser", "Show a user", this::get),
                Operation.of(64, "POST", user + "/role", write, "updateUserRole", "Give a role", this::setRole),
                Operation.of(
                        65,
                        "POST",
                        user + "/approve",
                        write,
                        "approveUser",
                        "Let a new user in",
                        call -> setStatus(call, UserStatus.ACTIVE, UserStatus.NEEDS_APPROVAL)),
                Operation.of(
                        66,
                        "POST",
                        user + "/suspend",
                        write,
                        "suspendUser",
                        "Shut a user out",
                        call -> setStatus(call, UserStatus.SUSPENDED, UserStatus.ACTIVE)),
                Operation.of(
                        67,
                        "POST",
                        user + "/restore",
                        write,
                        "restoreUser",
                        "Let a suspended user in again",
                        call -> setStatus(call, UserStatus.ACTIVE, UserStatus.SUSPENDED)),
                Operation.of(68, "POST", user + "/delete", write, "deleteUser", "Delete a user", this::delete));
    }

    private static User user(ApiCall call) {
        String id = call.variable("userId");
        boolean number = !id.isEmpty() && id.length() <= 16 && id.chars().allMatch(c -> c >= '0' && c <= '9');
        User user = number ? call.image().user(new UserId(Long.parseLong(id))) : null;
        if (user == null) {
            throw ApiFailure.notFound("user");
        }
        return user;
    }

    private static Role role(String text) {
        return Role.ofText(text)
                .orElseThrow(() -> ApiFailure.badRequest("role \"" + text + "\": must be owner, admin, it-admin,"
                        + " network-admin, billing-admin, auditor or member"));
    }

    private HttpReply list(ApiCall call) {
        String type = call.query("type").orElse("member");
        if (!List.of("member", "shared", "all").contains(type)) {
            throw ApiFailure.badRequest("type \"" + type + "\": must be member, shared or all");
        }
        Optional<Role> role =
                call.query("role").filter(text -> !text.equals("all")).map(UserRoutes::role);
        Map<UserId, List<Node>> nodes = nodesByOwner(call.image());
        ObjectNode body = Replies.object();
        ArrayNode list = body.putArray("users");
        if (!type.equals("shared")) {
            for (User user : call.image().users().values()) {
                if (role.isEmpty() || role.get() == user.role()) {
                    list.add(json(user, nodes.getOrDefault(user.id(), List.of()), call.now()));
                }
            }
        }
        return Replies.ok(body);
    }

    private static Map<UserId, List<Node>> nodesByOwner(TailnetImage image) {
        Map<UserId, List<Node>> nodes = new HashMap<>();
        for (Node node : image.nodes().values()) {
            if (node.userId() != null) {
                nodes.computeIfAbsent(node.userId(), id -> new ArrayList<>()).add(node);
            }
        }
        return nodes;
    }

    private HttpReply get(ApiCall call) {
        User user = user(call);
        return Replies.ok(json(user, nodesByOwner(call.image()).getOrDefault(user.id(), List.of()), call.now()));
    }

    private ObjectNode json(User user, List<Node> nodes, Instant now) {
        Instant lastSeen = user.createdAt();
        boolean connected = false;
        for (Node node : nodes) {
            Presence presence = presences.apply(node.id());
            Instant seen = presence.lastSeen();
            connected |= presence.online();
            if (seen != null && seen.isAfter(lastSeen)) {
                lastSeen = seen;
            }
        }
        lastSeen = connected ? now : lastSeen;
        String status = switch (user.status()) {
            case SUSPENDED -> "suspended";
            case NEEDS_APPROVAL -> "needs-approval";
            case ACTIVE -> lastSeen.isBefore(now.minus(IDLE)) ? "idle" : "active";
        };
        return Replies.object()
                .put("id", user.id().toString())
                .put("displayName", user.shownName())
                .put("loginName", user.loginName())
                .put("profilePicUrl", user.profilePicUrl())
                .put("tailnetId", tailnetId)
                .put("created", Replies.time(user.createdAt()))
                .put("type", "member")
                .put("role", user.role().text())
                .put("status", status)
                .put("deviceCount", nodes.size())
                .put("lastSeen", Replies.time(lastSeen))
                .put("currentlyConnected", connected);
    }

    private HttpReply setRole(ApiCall call) {
        User user = user(call);
        Role role = role(call.body().requiredText("role"));
        call.caller().requireOther(user.id());
        User unused = ApiCall.await(users.setRole(user.id(), role));
        return Replies.done();
    }

    /** Nothing happens to a user who is not in the state that this leads out of. */
    private HttpReply setStatus(ApiCall call, UserStatus status, UserStatus from) {
        User user = user(call);
        call.caller().requireOther(user.id());
        if (user.status() == from || status == UserStatus.SUSPENDED) {
            User unused = ApiCall.await(users.setStatus(user.id(), status));
        }
        return Replies.done();
    }

    private HttpReply delete(ApiCall call) {
        User user = user(call);
        call.caller().requireOther(user.id());
        User unused = ApiCall.await(users.deleteWithDevices(user.id()));
        return Replies.done();
    }
}
