package io.fleetscale.control.webhook;

import io.fleetscale.control.changelog.Companion;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.tailnet.TailnetImage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The events that wait for their endpoints, in the database: put there in the transaction of what they tell, taken by one
 * sender at a time. Thread-safe; blocks.
 */
public final class WebhookOutbox implements Companion {
    /** How long a sender may take for one delivery before another may try it. */
    private static final Duration TAKEN = Duration.ofSeconds(60);

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String INSERT =
            "INSERT INTO webhook_deliveries (endpoint, body, created, due) VALUES (?, ?, ?, ?)";

    /**
     * A delivery that was taken.
     *
     * @param attempts with this one
     * @param body JSON list of events
     */
    record Delivery(long id, String endpoint, String body, Instant created, int attempts) {}

    @Override
    public void write(Connection connection, List<Written> written) throws SQLException {
        List<String[]> rows = new ArrayList<>();
        Instant at = Instant.EPOCH;
        for (Written write : written) {
            if (write.before().resources(Webhook.KIND.name()).isEmpty()) {
                continue;
            }
            Map<String, Webhook> webhooks = Webhook.KIND.all(write.before());
            for (WebhookEvents.Event event : WebhookEvents.of(write)) {
                String body = body(write.before(), write.at(), event.type(), event.message(), event.data());
                webhooks.forEach((id, webhook) -> {
                    if (webhook.wants(event.type())) {
                        rows.add(new String[] {id, body});
                    }
                });
            }
            at = write.at();
        }
        if (rows.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
            for (String[] row : rows) {
                bind(statement, row[0], row[1], at);
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static void bind(PreparedStatement statement, String endpoint, String body, Instant at)
            throws SQLException {
        statement.setString(1, endpoint);
        statement.setString(2, body);
        statement.setTimestamp(3, Timestamp.from(at));
        statement.setTimestamp(4, Timestamp.from(at));
    }

    static String body(TailnetImage image, Instant at, String type, String message, Map<String, String> data) {
        ArrayNode events = JsonNodeFactory.instance.arrayNode();
        String domain = DnsSettings.of(image).baseDomain();
        ObjectNode event = events.addObject()
                .put("timestamp", at.toString())
                .put("version", 1)
                .put("type", type)
                .put("tailnet", domain.isEmpty() ? "tailnet" : domain)
                .put("message", message);
        ObjectNode members = event.putObject("data");
        data.forEach(members::put);
        return JSON.writeValueAsString(events);
    }

    /** Puts one event for one endpoint. */
    static void add(DataSource source, String endpoint, String body, Instant at) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(INSERT)) {
            bind(statement, endpoint, body, at);
            statement.executeUpdate();
        }
    }

    /** Takes deliveries that are due; another sender passes them by until they are due again. */
    static List<Delivery> take(DataSource source, Instant now, int limit) throws SQLException {
        List<Delivery> taken = new ArrayList<>();
        try (Connection connection = source.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "UPDATE webhook_deliveries SET due = ?, attempts = attempts + 1 WHERE id IN (SELECT id FROM"
                                + " webhook_deliveries WHERE due <= ? ORDER BY due, id LIMIT ? FOR UPDATE SKIP LOCKED)"
                                + " RETURNING id, endpoint, body, created, attempts")) {
            statement.setTimestamp(1, Timestamp.from(now.plus(TAKEN)));
            statement.setTimestamp(2, Timestamp.from(now));
            statement.setInt(3, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    taken.add(new Delivery(
                            row.getLong(1),
                            row.getString(2),
                            row.getString(3),
                            row.getTimestamp(4).toInstant(),
                            row.getInt(5)));
                }
            }
        }
        return taken;
    }

    static void remove(DataSource source, long id) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("DELETE FROM webhook_deliveries WHERE id = ?")) {
            statement.setLong(1, id);
            statement.executeUpdate();
        }
    }

    static void postpone(DataSource source, long id, Instant due) throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("UPDATE webhook_deliveries SET due = ? WHERE id = ?")) {
            statement.setTimestamp(1, Timestamp.from(due));
            statement.setLong(2, id);
            statement.executeUpdate();
        }
    }
}
