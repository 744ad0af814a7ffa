package io.fleetscale.control.webhook;

import io.fleetscale.control.changelog.Companion;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which events a write is. Pure. */
public final class WebhookEvents {
    private static final List<String> MANAGEMENT = List.of(
            "nodeCreated",
            "nodeNeedsApproval",
            "nodeApproved",
            "nodeKeyExpiringInOneDay",
            "nodeKeyExpired",
            "nodeDeleted",
            "nodeSigned",
            "nodeNeedsSignature",
            "policyUpdate",
            "userCreated",
            "userNeedsApproval",
            "userSuspended",
            "userRestored",
            "userDeleted",
            "userApproved",
            "userRoleUpdated");
    private static final List<String> MISCONFIGURATIONS =
            List.of("subnetIPForwardingNotEnabled", "exitNodeIPForwardingNotEnabled");

    static final Map<String, List<String>> CATEGORIES = Map.of(
            "categoryTailnetManagement", MANAGEMENT,
            "categoryDeviceMisconfigurations", MISCONFIGURATIONS);

    /** Words that a webhook may subscribe to. */
    public static final Set<String> SUBSCRIPTIONS = subscriptions();

    private WebhookEvents() {}

    private static Set<String> subscriptions() {
        TreeSet<String> all = new TreeSet<>(MANAGEMENT);
        all.addAll(MISCONFIGURATIONS);
        all.addAll(CATEGORIES.keySet());
        return Set.copyOf(all);
    }

    /** An event of a write. */
    record Event(String type, String message, Map<String, String> data) {}

    static List<Event> of(Companion.Written written) {
        List<Event> events = new ArrayList<>();
        TailnetImage before = written.before();
        String actor = written.actor()
                .map(by -> by.loginName().isEmpty() ? by.displayName() : by.loginName())
                .orElse("");
        for (Change change : written.changes()) {
            switch (change) {
                case Change.NodePut(Node node) -> node(events, before.node(node.id()), node, actor);
                case Change.NodeRemoved(NodeId id) -> {
                    Node node = before.node(id);
                    if (node != null) {
                        events.add(event("nodeDeleted", "Node " + node.givenName() + " deleted", ofNode(node, actor)));
                    }
                }
                case Change.UserPut(User user) -> user(events, before.user(user.id()), user, actor);
                case Change.UserRemoved(UserId id) -> {
                    User user = before.user(id);
                    if (user != null) {
                        events.add(event("userDeleted", "User " + user.loginName() + " deleted", ofUser(user, actor)));
                    }
                }
                case Change.PolicyPut ignored ->
                    events.add(event("policyUpdate", "Tailnet policy file updated", data("actor", actor)));
                default -> {}
            }
        }
        return events;
    }

    private static Event event(String type, String message, Map<String, String> data) {
        return new Event(type, message, data);
    }

    private static Map<String, String> data(String... pairs) {
        TreeMap<String, String> data = new TreeMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            if (!pairs[i + 1].isEmpty()) {
                data.put(pairs[i], pairs[i + 1]);
            }
        }
        return data;
    }

    private static Map<String, String> ofNode(Node node, String actor) {
        Instant expiry = node.expiry();
        return data(
                "nodeID",
                node.stableId(),
                "deviceName",
                node.givenName(),
                "managedBy",
                node.isTagged() ? String.join(",", node.tags()) : String.valueOf(node.userId()),
                "actor",
                actor,
                "expiration",
                expiry == null ? "" : expiry.toString());
    }

    private static void node(List<Event> events, @Nullable Node old, Node now, String actor) {
        Map<String, String> data = ofNode(now, actor);
        if (old == null) {
            events.add(event("nodeCreated", "Node " + now.givenName() + " created", data));
        }
        if (now.needsApproval() && (old == null || !old.needsApproval())) {
            events.add(event("nodeNeedsApproval", "Node " + now.givenName() + " needs approval", data));
        }
        if (old != null && old.needsApproval() && !now.needsApproval()) {
            events.add(event("nodeApproved", "Node " + now.givenName() + " approved", data));
        }
        if (old != null && !old.expired() && now.expired()) {
            events.add(event("nodeKeyExpired", "Key of node " + now.givenName() + " expired", data));
        }
    }

    private static Map<String, String> ofUser(User user, String actor) {
        return data("user", user.loginName(), "userID", user.id().toString(), "actor", actor);
    }

    private static void user(List<Event> events, @Nullable User old, User now, String actor) {
        Map<String, String> data = ofUser(now, actor);
        String name = "User " + now.loginName();
        if (old == null) {
            events.add(event("userCreated", name + " created", data));
        }
        UserStatus was = old == null ? UserStatus.ACTIVE : old.status();
        if (was != now.status()) {
            events.add(
                    switch (now.status()) {
                        case NEEDS_APPROVAL -> event("userNeedsApproval", name + " needs approval", data);
                        case SUSPENDED -> event("userSuspended", name + " suspended", data);
                        case ACTIVE ->
                            was == UserStatus.SUSPENDED
                                    ? event("userRestored", name + " restored", data)
                                    : event("userApproved", name + " approved", data);
                    });
        }
        if (old != null && old.role() != now.role()) {
            TreeMap<String, String> roles = new TreeMap<>(data);
            roles.put("oldRoles", old.role().text());
            roles.put("newRoles", now.role().text());
            events.add(event("userRoleUpdated", name + " has another role", roles));
        }
    }
}
