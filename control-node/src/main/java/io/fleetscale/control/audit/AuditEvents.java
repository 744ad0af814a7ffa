package io.fleetscale.control.audit;

import io.fleetscale.control.changelog.Companion;
import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.Resource;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import io.fleetscale.control.trust.Credential;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a write was about. A write changes one thing and at times others with it, so the first change that tells something
 * stands for it. Pure.
 */
final class AuditEvents {
    private static final Map<String, String> RESOURCE_TYPES = Map.of(
            "credential", "API_KEY",
            "oauth-token", "API_KEY",
            "oauth-app", "API_KEY",
            "auth-code", "API_KEY",
            "webhook", "WEBHOOK_ENDPOINT");

    /** Kinds that only go along with others. */
    private static final List<String> BYWORK = List.of("attribute-key", "posture-identity");

    /** A person's consent to an app, which ends when the app redeems it. */
    private static final String CONSENT = "auth-code";

    private AuditEvents() {}

    static Optional<AuditEvent> of(Companion.Written written) {
        List<AuditEvent> told = new ArrayList<>();
        for (Change change : written.changes()) {
            event(written.before(), change).ifPresent(told::add);
        }
        // a user that is deleted takes its devices along, and is what the write was about
        return told.stream()
                .filter(event -> event.targetType().equals("USER"))
                .findFirst()
                .or(() -> told.stream().findFirst());
    }

    private static Optional<AuditEvent> event(TailnetImage before, Change change) {
        return switch (change) {
            case Change.NodePut(Node node) -> node(before.node(node.id()), node);
            case Change.NodeRemoved(NodeId id) ->
                Optional.ofNullable(before.node(id)).map(node -> ofNode(node, "DELETE"));
            case Change.UserPut(User user) -> user(before.user(user.id()), user);
            case Change.UserRemoved(UserId id) ->
                Optional.ofNullable(before.user(id))
                        .map(user -> AuditEvent.of("USER", id.toString(), user.loginName(), "DELETE"));
            case Change.PreAuthKeyPut(PreAuthKey key) ->
                authKey(before.preAuthKeys().get(key.id()), key);
            case Change.PreAuthKeyRemoved(var id) ->
                Optional.ofNullable(before.preAuthKeys().get(id))
                        .map(key -> AuditEvent.of("API_KEY", key.prefix(), "auth key", "DELETE"));
            case Change.ApiKeyPut(ApiKey key) ->
                Optional.of(AuditEvent.of(
                        "API_KEY",
                        key.prefix(),
                        "headscale API key",
                        before.apiKeys().get(key.id()) == null ? "CREATE" : "REVOKE"));
            case Change.ApiKeyRemoved(var id) ->
                Optional.ofNullable(before.apiKeys().get(id))
                        .map(key -> AuditEvent.of("API_KEY", key.prefix(), "headscale API key", "DELETE"));
            case Change.PolicyPut(var policy) ->
                Optional.of(AuditEvent.of("TAILNET", "tailnet", "tailnet", "UPDATE")
                        .withProperty(
                                "ACL", before.policy().map(old -> old.text()).orElse(""), policy.text()));
            case Change.SettingPut(Setting setting) -> setting(before, setting);
            case Change.ResourcePut(Resource resource) -> resource(before, resource);
            case Change.ResourceRemoved(String kind, String id) ->
                BYWORK.contains(kind) || kind.equals("oauth-token") || kind.equals(CONSENT)
                        ? Optional.empty()
                        : Optional.of(ofResource(kind, id, "DELETE"));
            case Change.PrimaryPut ignored -> Optional.empty();
            case Change.PrimaryRemoved ignored -> Optional.empty();
        };
    }

    private static AuditEvent ofNode(Node node, String action) {
        return AuditEvent.of("NODE", node.stableId(), node.givenName(), action);
    }

    private static Optional<AuditEvent> node(@Nullable Node old, Node now) {
        if (old == null) {
            return Optional.of(ofNode(now, "CREATE"));
        }
        if (old.needsApproval() != now.needsApproval()) {
            return Optional.of(ofNode(now, now.needsApproval() ? "REVOKE" : "APPROVE"));
        }
        if (!old.nodeKey().equals(now.nodeKey())) {
            return Optional.of(ofNode(now, "LOGIN"));
        }
        if (old.expiry() != null && now.expiry() == null && now.suspendedExpiry() != null) {
            return Optional.of(ofNode(now, "DISABLE").withProperty("KEY_EXPIRY", "", ""));
        }
        if (old.expiry() == null && now.expiry() != null) {
            return Optional.of(ofNode(now, "ENABLE").withProperty("KEY_EXPIRY", "", ""));
        }
        if (!old.expired() && now.expired() && Objects.equals(old.expiry(), now.expiry())) {
            return Optional.of(ofNode(now, "EXPIRED").withProperty("KEY_EXPIRY_TIME", "", ""));
        }
        return first(
                now,
                property(old, now, "ACL_TAGS", Node::tags),
                property(old, now, "MACHINE_NAME", Node::givenName),
                property(old, now, "ALLOWED_IPS", Node::approvedRoutes),
                property(old, now, "ATTRIBUTES", Node::attributes),
                property(old, now, "ADDRESS", Node::addresses),
                property(old, now, "KEY_EXPIRY_TIME", node -> text(node.expiry())),
                property(old, now, "EMAIL", node -> String.valueOf(node.userId())));
    }

    private record Difference(String property, String before, String after) {}

    private static Optional<Difference> property(Node old, Node now, String name, Function<Node, Object> of) {
        Object before = of.apply(old);
        Object after = of.apply(now);
        return before.equals(after)
                ? Optional.empty()
                : Optional.of(new Difference(name, before.toString(), after.toString()));
    }

    @SafeVarargs
    private static Optional<AuditEvent> first(Node now, Optional<Difference>... differences) {
        for (Optional<Difference> difference : differences) {
            if (difference.isPresent()) {
                Difference found = difference.get();
                return Optional.of(ofNode(now, "UPDATE").withProperty(found.property(), found.before(), found.after()));
            }
        }
        return Optional.empty();
    }

    private static String text(@Nullable Instant instant) {
        return instant == null ? "never" : instant.toString();
    }

    private static Optional<AuditEvent> user(@Nullable User old, User now) {
        String id = now.id().toString();
        if (old == null) {
            return Optional.of(AuditEvent.of("USER", id, now.loginName(), "CREATE"));
        }
        if (old.status() != now.status()) {
            String action = now.status() == UserStatus.SUSPENDED
                    ? "SUSPEND"
                    : old.status() == UserStatus.NEEDS_APPROVAL ? "APPROVE" : "RESTORE";
            return Optional.of(AuditEvent.of("USER", id, now.loginName(), action));
        }
        if (old.role() != now.role()) {
            return Optional.of(AuditEvent.of("USER", id, now.loginName(), "UPDATE")
                    .withProperty("USER_ROLE", old.role().text(), now.role().text()));
        }
        return Optional.of(AuditEvent.of("USER", id, now.loginName(), "UPDATE")
                .withProperty("", old.loginName(), now.loginName()));
    }

    private static Optional<AuditEvent> authKey(@Nullable PreAuthKey old, PreAuthKey now) {
        if (old != null && !old.used() && now.used()) {
            return Optional.empty(); // goes with the node that it made
        }
        return Optional.of(AuditEvent.of("API_KEY", now.prefix(), "auth key", old == null ? "CREATE" : "REVOKE"));
    }

    private static Optional<AuditEvent> setting(TailnetImage before, Setting setting) {
        Setting old = before.setting(setting.name());
        String was = old == null ? "" : old.json();
        String property = switch (setting.name()) {
            case Setting.DNS, Setting.DNS_OVERRIDE -> "DNS_CONFIG";
            case Setting.TAILNET, Setting.NODE_DEFAULTS -> "FEATURE";
            default -> "";
        };
        return property.isEmpty()
                ? Optional.empty()
                : Optional.of(AuditEvent.of("TAILNET", "tailnet", "tailnet", "UPDATE")
                        .withProperty(property, was, setting.json()));
    }

    private static AuditEvent ofResource(String kind, String id, String action) {
        return AuditEvent.of(RESOURCE_TYPES.getOrDefault(kind, "TAILNET"), id, kind, action);
    }

    /** Without contents: there are secrets among them, if only sealed ones. */
    private static Optional<AuditEvent> resource(TailnetImage before, Resource now) {
        if (BYWORK.contains(now.kind())) {
            return Optional.empty();
        }
        if (now.kind().equals(CONSENT)) {
            return Optional.of(ofResource(now.kind(), now.id(), "ACCEPT"));
        }
        Resource old = before.resource(now.kind(), now.id());
        boolean credential =
                now.kind().equals(Credential.KIND.name()) || now.kind().equals(Credential.MINTED.name());
        boolean revoked = credential && Credential.KIND.read(now).revoked() != null;
        return Optional.of(ofResource(now.kind(), now.id(), old == null ? "CREATE" : revoked ? "REVOKE" : "UPDATE"));
    }
}
