package io.fleetscale.control.changelog;

import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.ApiKeyId;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.Resource;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetCodec;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a run of changes comes to in the tables: the last value of each row, written with one round trip for each table.
 * Removals go first, so that a unique value can pass from a removed row to a new one. Confined to one thread.
 */
final class RowBatch {
    private final Map<UserId, Optional<User>> users = new LinkedHashMap<>();
    private final Map<NodeId, Optional<Node>> nodes = new LinkedHashMap<>();
    private final Map<PreAuthKeyId, Optional<PreAuthKey>> preAuthKeys = new LinkedHashMap<>();
    private final Map<ApiKeyId, Optional<ApiKey>> apiKeys = new LinkedHashMap<>();
    private final Map<Long, Policy> policies = new LinkedHashMap<>();
    private final Map<String, Setting> settings = new LinkedHashMap<>();
    private final Map<IpPrefix, Optional<NodeId>> primaries = new LinkedHashMap<>();
    private final Map<ResourceKey, Optional<Resource>> resources = new LinkedHashMap<>();
    /** Keys that may be used once and whose use is among the changes. */
    private final Set<PreAuthKeyId> consumed = new HashSet<>();

    private record ResourceKey(String kind, String id) {}

    /** A one-time key was used by somebody else. */
    static final class KeyAlreadyUsed extends SQLException {
        private static final long serialVersionUID = 1L;

        KeyAlreadyUsed(PreAuthKeyId id) {
            super("pre-auth key " + id + " was used by another write", "23505");
        }
    }

    void add(TailnetImage before, List<Change> changes) {
        for (Change change : changes) {
            add(before, change);
        }
    }

    private void add(TailnetImage before, Change change) {
        switch (change) {
            case Change.UserPut(User user) -> users.put(user.id(), Optional.of(user));
            case Change.UserRemoved(UserId id) -> users.put(id, Optional.empty());
            case Change.NodePut(Node node) -> nodes.put(node.id(), Optional.of(node));
            case Change.NodeRemoved(NodeId id) -> nodes.put(id, Optional.empty());
            case Change.PreAuthKeyPut(PreAuthKey key) -> putPreAuthKey(before, key);
            case Change.PreAuthKeyRemoved(PreAuthKeyId id) -> preAuthKeys.put(id, Optional.empty());
            case Change.ApiKeyPut(ApiKey key) -> apiKeys.put(key.id(), Optional.of(key));
            case Change.ApiKeyRemoved(ApiKeyId id) -> apiKeys.put(id, Optional.empty());
            case Change.PolicyPut(Policy policy) -> policies.put(policy.id(), policy);
            case Change.SettingPut(Setting setting) -> settings.put(setting.name(), setting);
            case Change.PrimaryPut(IpPrefix route, NodeId node) -> primaries.put(route, Optional.of(node));
            case Change.PrimaryRemoved(IpPrefix route) -> primaries.put(route, Optional.empty());
            case Change.ResourcePut(Resource resource) ->
                resources.put(new ResourceKey(resource.kind(), resource.id()), Optional.of(resource));
            case Change.ResourceRemoved(String kind, String id) ->
                resources.put(new ResourceKey(kind, id), Optional.empty());
        }
    }

    private void putPreAuthKey(TailnetImage before, PreAuthKey key) {
        PreAuthKey old = before.preAuthKeys().get(key.id());
        if (old != null && !old.used() && key.used() && !key.reusable()) {
            consumed.add(key.id());
        }
        preAuthKeys.put(key.id(), Optional.of(key));
    }

    void write(Connection connection) throws SQLException {
        remove(connection, "nodes", ids(nodes).stream().map(NodeId::value).toList());
        remove(connection, "users", ids(users).stream().map(UserId::value).toList());
        remove(
                connection,
                "pre_auth_keys",
                ids(preAuthKeys).stream().map(PreAuthKeyId::value).toList());
        remove(
                connection,
                "api_keys",
                ids(apiKeys).stream().map(ApiKeyId::value).toList());
        removePrimaries(connection);
        removeResources(connection);
        putUsers(connection);
        putNodes(connection);
        consumePreAuthKeys(connection);
        putPreAuthKeys(connection);
        putApiKeys(connection);
        putPolicies(connection);
        putSettings(connection);
        putPrimaries(connection);
        putResources(connection);
    }

    private void removeResources(Connection connection) throws SQLException {
        batch(connection, "DELETE FROM resources WHERE kind = ? AND id = ?", ids(resources), (statement, key) -> {
            statement.setString(1, key.kind());
            statement.setString(2, key.id());
        });
    }

    private void putResources(Connection connection) throws SQLException {
        batch(
                connection,
                "INSERT INTO resources (kind, id, json) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET"
                        + " json = excluded.json",
                values(resources),
                (statement, resource) -> {
                    statement.setString(1, resource.kind());
                    statement.setString(2, resource.id());
                    statement.setString(3, resource.json());
                });
    }

    private static <K, V> List<K> ids(Map<K, Optional<V>> rows) {
        List<K> removed = new ArrayList<>();
        rows.forEach((id, value) -> {
            if (value.isEmpty()) {
                removed.add(id);
            }
        });
        return removed;
    }

    private static <V> List<V> values(Map<?, Optional<V>> rows) {
        return rows.values().stream().flatMap(Optional::stream).toList();
    }

    private static void remove(Connection connection, String table, List<Long> ids) throws SQLException {
        if (ids.isEmpty()) {
            return;
        }
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM " + table + " WHERE id = ANY (?)")) {
            statement.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
            statement.executeUpdate();
        }
    }

    private void removePrimaries(Connection connection) throws SQLException {
        List<String> removed = ids(primaries).stream().map(IpPrefix::toString).toList();
        if (removed.isEmpty()) {
            return;
        }
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM primary_routes WHERE prefix = ANY (?)")) {
            statement.setArray(1, connection.createArrayOf("text", removed.toArray()));
            statement.executeUpdate();
        }
    }

    @FunctionalInterface
    private interface Binder<V> {
        void bind(PreparedStatement statement, V value) throws SQLException;
    }

    private static <V> int[] batch(Connection connection, String sql, Iterable<V> values, Binder<V> binder)
            throws SQLException {
        if (!values.iterator().hasNext()) {
            return new int[0];
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (V value : values) {
                binder.bind(statement, value);
                statement.addBatch();
            }
            return statement.executeBatch();
        }
    }

    private void putUsers(Connection connection) throws SQLException {
        batch(
                connection,
                "INSERT INTO users (id, name, provider_id, record) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                        + " name = excluded.name, provider_id = excluded.provider_id, record = excluded.record",
                values(users),
                (statement, user) -> {
                    statement.setLong(1, user.id().value());
                    statement.setString(2, user.name());
                    statement.setString(3, user.providerId().isEmpty() ? null : user.providerId());
                    statement.setBytes(4, TailnetCodec.encode(user));
                });
    }

    private void putNodes(Connection connection) throws SQLException {
        batch(
                connection,
                "INSERT INTO nodes (id, machine_key, node_key, user_id, given_name, ipv4, ipv6, record)"
                        + " VALUES (?, ?, ?, ?, ?, ?::inet, ?::inet, ?) ON CONFLICT (id) DO UPDATE SET"
                        + " machine_key = excluded.machine_key, node_key = excluded.node_key,"
                        + " user_id = excluded.user_id, given_name = excluded.given_name, ipv4 = excluded.ipv4,"
                        + " ipv6 = excluded.ipv6, record = excluded.record",
                values(nodes),
                (statement, node) -> {
                    UserId owner = node.userId();
                    statement.setLong(1, node.id().value());
                    statement.setBytes(2, node.machineKey().raw().toArray());
                    statement.setBytes(3, node.nodeKey().raw().toArray());
                    setLong(statement, 4, owner == null ? null : owner.value());
                    statement.setString(5, node.givenName());
                    statement.setString(6, text(node.ipv4()));
                    statement.setString(7, text(node.ipv6()));
                    statement.setBytes(8, TailnetCodec.encode(node));
                });
    }

    private void consumePreAuthKeys(Connection connection) throws SQLException {
        List<PreAuthKeyId> ids = consumed.stream()
                .filter(id -> preAuthKeys.get(id) != null && preAuthKeys.get(id).isPresent())
                .toList();
        int[] counts = batch(
                connection,
                "UPDATE pre_auth_keys SET used = true WHERE id = ? AND NOT used",
                ids,
                (statement, id) -> statement.setLong(1, id.value()));
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] != 1) {
                throw new KeyAlreadyUsed(ids.get(i));
            }
        }
    }

    private void putPreAuthKeys(Connection connection) throws SQLException {
        batch(
                connection,
                "INSERT INTO pre_auth_keys (id, prefix, user_id, reusable, used, record) VALUES (?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (id) DO UPDATE SET prefix = excluded.prefix, user_id = excluded.user_id,"
                        + " reusable = excluded.reusable, used = excluded.used, record = excluded.record",
                values(preAuthKeys),
                (statement, key) -> {
                    UserId owner = key.userId();
                    statement.setLong(1, key.id().value());
                    statement.setString(2, key.prefix());
                    setLong(statement, 3, owner == null ? null : owner.value());
                    statement.setBoolean(4, key.reusable());
                    statement.setBoolean(5, key.used());
                    statement.setBytes(6, TailnetCodec.encode(key));
                });
    }

    private void putApiKeys(Connection connection) throws SQLException {
        batch(
                connection,
                "INSERT INTO api_keys (id, prefix, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                        + " prefix = excluded.prefix, record = excluded.record",
                values(apiKeys),
                (statement, key) -> {
                    statement.setLong(1, key.id().value());
                    statement.setString(2, key.prefix());
                    statement.setBytes(3, TailnetCodec.encode(key));
                });
    }

    private void putPolicies(Connection connection) throws SQLException {
        batch(
                connection,
                "INSERT INTO policies (id, text, updated_at) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                        + " text = excluded.text, updated_at = excluded.updated_at",
                policies.values(),
                (statement, policy) -> {
                    statement.setLong(1, policy.id());
                    statement.setString(2, policy.text());
                    statement.setTimestamp(3, Timestamp.from(policy.updatedAt()));
                });
    }

    private void putSettings(Connection connection) throws SQLException {
        batch(
                connection,
                "INSERT INTO settings (name, source_digest, json) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                        + " source_digest = excluded.source_digest, json = excluded.json",
                settings.values(),
                (statement, setting) -> {
                    statement.setString(1, setting.name());
                    statement.setBytes(2, setting.sourceDigest().toArray());
                    statement.setString(3, setting.json());
                });
    }

    private void putPrimaries(Connection connection) throws SQLException {
        List<Map.Entry<IpPrefix, Optional<NodeId>>> put = primaries.entrySet().stream()
                .filter(entry -> entry.getValue().isPresent())
                .toList();
        batch(
                connection,
                "INSERT INTO primary_routes (prefix, node_id) VALUES (?, ?) ON CONFLICT (prefix) DO UPDATE SET"
                        + " node_id = excluded.node_id",
                put,
                (statement, entry) -> {
                    statement.setString(1, entry.getKey().toString());
                    statement.setLong(2, entry.getValue().orElseThrow().value());
                });
    }

    private static void setLong(PreparedStatement statement, int index, @Nullable Long value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.BIGINT);
        } else {
            statement.setLong(index, value);
        }
    }

    private static @Nullable String text(@Nullable IpAddress address) {
        return address == null ? null : address.toString();
    }
}
