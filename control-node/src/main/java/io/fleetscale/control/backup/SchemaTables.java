package io.fleetscale.control.backup;

import io.fleetscale.control.database.SchemaVersions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The tables and sequences of a schema, from PostgreSQL's catalogue. Stateless. */
final class SchemaTables {
    /**
     * What a running cluster is, not what it knows: leases, addresses of grids, tokens that may have been spent since. And the
     * history of migrations, which a restore makes itself.
     */
    static final Set<String> NOT_KEPT = Set.of("instances", "tbl_addrs", "join_tokens", SchemaVersions.HISTORY_TABLE);

    private SchemaTables() {}

    /** Columns of all tables, in their order. Tables of extensions are not ours. */
    static Map<String, List<String>> columns(Connection connection, String schema) throws SQLException {
        Map<String, List<String>> tables = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement("SELECT c.relname, a.attname"
                + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
                + " WHERE n.nspname = ? AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
                + " AND a.attgenerated = '' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid"
                + " AND d.deptype = 'e') ORDER BY c.relname, a.attnum")) {
            statement.setString(1, schema);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    tables.computeIfAbsent(row.getString(1), unused -> new ArrayList<>())
                            .add(row.getString(2));
                }
            }
        }
        return tables;
    }

    /** All sequences; {@code owned} tells whether it goes with a table. */
    static Map<String, Boolean> sequences(Connection connection, String schema) throws SQLException {
        Map<String, Boolean> sequences = new TreeMap<>();
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT c.relname, EXISTS (SELECT 1 FROM pg_depend d"
                        + " WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)"
                        + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relkind = 'S'"
                        + " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')")) {
            statement.setString(1, schema);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    sequences.put(row.getString(1), row.getBoolean(2));
                }
            }
        }
        return sequences;
    }

    /** The schema that unqualified names mean. */
    static String current(Connection connection) throws SQLException {
        String schema = text(connection, "SELECT current_schema()");
        if (schema.isEmpty()) {
            throw new BackupException("the database's user has no schema of its own: set its search_path");
        }
        return schema;
    }

    static String text(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            String value = row.next() ? row.getString(1) : null;
            return value == null ? "" : value;
        }
    }

    static long number(Connection connection, String sql) throws SQLException {
        String text = text(connection, sql);
        return text.isEmpty() ? 0 : Long.parseLong(text);
    }

    static String quoted(String schema, String name) {
        return '"' + schema.replace("\"", "\"\"") + "\".\"" + name.replace("\"", "\"\"") + '"';
    }
}
