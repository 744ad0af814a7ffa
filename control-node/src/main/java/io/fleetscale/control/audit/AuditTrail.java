package io.fleetscale.control.audit;

import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.changelog.Companion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the audit log. Writes of the server itself are told only where nodes come, go, log in or expire: routes that it elects
 * and reports of hosts are no configuration. Stateless.
 */
public final class AuditTrail implements Companion {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Set<String> OF_NODES = Set.of("CREATE", "DELETE", "LOGIN", "EXPIRED");
    private static final int MAX_SHOWN = 64 * 1024;

    @Override
    public void write(Connection connection, List<Written> written) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO audit_log (version, at, actor_id, actor_name, target_type, target_id, action, property,"
                        + " entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            boolean any = false;
            for (Written write : written) {
                Optional<AuditEvent> event = AuditEvents.of(write).filter(found -> isTold(write, found));
                if (event.isPresent()) {
                    bind(statement, write, event.get());
                    statement.addBatch();
                    any = true;
                }
            }
            if (any) {
                statement.executeBatch();
            }
        }
    }

    private static boolean isTold(Written write, AuditEvent event) {
        return write.actor().isPresent() || event.targetType().equals("NODE") && OF_NODES.contains(event.action());
    }

    private static void bind(PreparedStatement statement, Written write, AuditEvent event) throws SQLException {
        Actor actor = write.actor().orElseGet(() -> itself(event));
        statement.setLong(1, write.version());
        statement.setTimestamp(2, Timestamp.from(write.at()));
        statement.setString(3, actor.id());
        statement.setString(4, actor.loginName() + " " + actor.displayName());
        statement.setString(5, event.targetType());
        statement.setString(6, event.targetId());
        statement.setString(7, event.action());
        statement.setString(8, event.property());
        statement.setString(9, JSON.writeValueAsString(entry(write, actor, event)));
    }

    private static Actor itself(AuditEvent event) {
        boolean byNode = event.action().equals("CREATE") || event.action().equals("LOGIN");
        return byNode
                ? new Actor(
                        event.targetId(),
                        Actor.Type.NODE,
                        "",
                        event.targetName(),
                        List.of(),
                        Actor.Origin.NODE,
                        "control",
                        "")
                : new Actor(
                        "control",
                        Actor.Type.AUTOMATED_WORKER,
                        "",
                        "control",
                        List.of(),
                        Actor.Origin.CONTROL,
                        "control",
                        "");
    }

    private static ObjectNode entry(Written write, Actor actor, AuditEvent event) {
        ObjectNode entry = JsonNodeFactory.instance
                .objectNode()
                .put("eventTime", write.at().toString())
                .put("type", "CONFIG")
                .put("eventGroupID", Long.toString(write.version()))
                .put("origin", actor.origin().name());
        ObjectNode by = entry.putObject("actor")
                .put("id", actor.id())
                .put("type", actor.type().name())
                .put("loginName", actor.loginName())
                .put("displayName", actor.displayName());
        if (!actor.tags().isEmpty()) {
            actor.tags().forEach(by.putArray("tags")::add);
        }
        ObjectNode target = entry.putObject("target")
                .put("id", event.targetId())
                .put("name", event.targetName())
                .put("type", event.targetType());
        if (!event.property().isEmpty()) {
            target.put("property", event.property());
        }
        entry.put("action", event.action());
        if (!event.before().isEmpty()) {
            entry.put("old", shown(event.before()));
        }
        if (!event.after().isEmpty()) {
            entry.put("new", shown(event.after()));
        }
        return entry.put(
                "actionDetails",
                "interface " + actor.family() + (actor.requestId().isEmpty() ? "" : ", request " + actor.requestId()));
    }

    private static String shown(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
    }
}
