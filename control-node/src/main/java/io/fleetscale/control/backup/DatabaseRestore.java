package io.fleetscale.control.backup;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.SchemaVersions;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the tables of an archive in the place of those of a database. They are loaded and migrated in a schema beside; then one
 * transaction looks once more that no instance runs, drops the old tables and moves the new ones in. Whatever fails before its
 * commit leaves the old content as it was. Blocks. Not thread-safe.
 */
public final class DatabaseRestore {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseRestore.class);
    private static final String STAGE = "fleetscale_restore";
    private static final long ADVISORY_LOCK = 0x666c_6565_7472_6573L;
    /** Numbers every start of an instance; never goes back, so that no old start has the number of a new one. */
    private static final String INCARNATIONS = "instance_incarnations";

    /** SQLSTATE of a DROP that would need CASCADE. */
    private static final String DEPENDENT_OBJECTS = "2BP01";

    private final DatabaseConfig config;
    private final BackupProgress progress;

    public DatabaseRestore(DatabaseConfig config, BackupProgress progress) {
        this.config = config;
        this.progress = progress;
    }

    /** Looks at the tables before they are put in place; the session's schema is theirs. */
    @FunctionalInterface
    public interface Check {
        void run(Connection staged) throws SQLException;
    }

    /**
     * @param archive verified
     * @throws BackupException if it was refused; nothing is changed then
     */
    public void run(Archive archive, Check check) throws SQLException, IOException {
        BackupManifest manifest = archive.manifest();
        if (!manifest.hasDatabase()) {
            throw new BackupException(
                    "this archive holds keys alone: name that of the database, and this one with --keys");
        }
        if (manifest.schema() > SchemaVersions.ofProgram()) {
            throw new BackupException(
                    "the archive has schema " + manifest.schema() + " of release " + manifest.program()
                            + ", and this program knows " + SchemaVersions.ofProgram()
                            + ": nothing was changed; restore it with that release or a newer one");
        }
        try (Connection connection = Database.connectPatiently(config, "restore")) {
            lock(connection);
            String schema = SchemaTables.current(connection);
            RestoreTarget.of(config, connection).requireNoneRuns();
            execute(connection, "DROP SCHEMA IF EXISTS " + STAGE + " CASCADE");
            createStage(connection);
            try {
                SchemaVersions.raise(config, STAGE, manifest.schema());
                load(connection, archive);
                if (manifest.schema() < SchemaVersions.ofProgram()) {
                    progress.step("migrating schema " + manifest.schema() + " to " + SchemaVersions.ofProgram());
                    SchemaVersions.raise(config, STAGE, SchemaVersions.ofProgram());
                }
                execute(connection, "SET search_path = " + STAGE);
                check.run(connection);
                swap(connection, schema);
            } finally {
                dropStage(connection);
            }
            execute(connection, "SET search_path = \"" + schema.replace("\"", "\"\"") + '"');
            for (String table : SchemaTables.columns(connection, schema).keySet()) {
                execute(connection, "ANALYZE " + SchemaTables.quoted(schema, table));
            }
        }
    }

    /** What is left of it, when the connection is gone, is dropped by the next restore. */
    private static void dropStage(Connection connection) {
        try {
            execute(connection, "DROP SCHEMA IF EXISTS " + STAGE + " CASCADE");
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("the schema of a failed restore was left behind");
        }
    }

    private static void lock(Connection connection) throws SQLException {
        if (!SchemaTables.text(connection, "SELECT pg_try_advisory_lock(" + ADVISORY_LOCK + ")")
                .equals("t")) {
            throw new BackupException("another restore of this database is under way: wait for its end");
        }
        execute(connection, "SET statement_timeout = 0");
        execute(connection, "SET idle_in_transaction_session_timeout = 0");
        execute(connection, "SET lock_timeout = '10s'");
    }

    private void createStage(Connection connection) throws SQLException {
        try {
            execute(connection, "CREATE SCHEMA " + STAGE);
        } catch (SQLException e) {
            if ("42501".equals(e.getSQLState())) {
                throw new BackupException(
                        "user \"" + config.user() + "\" may not make the schema " + STAGE
                                + ", in which a restore prepares the tables: make the user owner of the database, or GRANT"
                                + " CREATE ON DATABASE",
                        e);
            }
            throw e;
        }
    }

    private void load(Connection connection, Archive archive) throws SQLException, IOException {
        Map<String, List<String>> expected = SchemaTables.columns(connection, STAGE);
        expected.keySet().removeAll(SchemaTables.NOT_KEPT);
        BackupManifest manifest = archive.manifest();
        TreeSet<String> brought = manifest.tables().stream()
                .map(BackupManifest.Table::name)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!brought.equals(expected.keySet())) {
            throw new BackupException("the archive's tables are not those of schema " + manifest.schema()
                    + ": nothing was changed; restore it with release " + manifest.program());
        }
        for (BackupManifest.Table table : manifest.tables()) {
            if (!new TreeSet<>(table.columns()).equals(new TreeSet<>(expected.getOrDefault(table.name(), List.of())))) {
                throw new BackupException("the archive's table " + table.name() + " has other columns than in schema "
                        + manifest.schema() + ": nothing was changed; restore it with release " + manifest.program());
            }
            load(connection, archive, table);
        }
        for (BackupManifest.Sequence sequence : manifest.sequences()) {
            set(connection, sequence);
        }
    }

    private void load(Connection connection, Archive archive, BackupManifest.Table table)
            throws SQLException, IOException {
        String name = SchemaTables.quoted(STAGE, table.name());
        String columns =
                table.columns().stream().map(column -> '"' + column + '"').collect(Collectors.joining(", "));
        execute(connection, "TRUNCATE " + name);
        try (InputStream rows = archive.table(table)) {
            long loaded = connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY " + name + " (" + columns + ") FROM STDIN", rows);
            if (loaded != table.rows()) {
                throw new BackupException("table " + table.name() + " took " + loaded + " rows of " + table.rows()
                        + ": nothing was changed");
            }
        }
        progress.done("loaded", table);
    }

    private static void set(Connection connection, BackupManifest.Sequence sequence) throws SQLException {
        long last = sequence.last();
        boolean called = sequence.called();
        if (sequence.name().equals(INCARNATIONS)
                && !SchemaTables.text(connection, "SELECT to_regclass('" + INCARNATIONS + "')")
                        .isEmpty()) {
            last = Math.max(last, SchemaTables.number(connection, "SELECT last_value FROM " + INCARNATIONS));
            called = true;
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT setval(?::regclass, ?, ?)")) {
            statement.setString(1, SchemaTables.quoted(STAGE, sequence.name()));
            statement.setLong(2, last);
            statement.setBoolean(3, called);
            statement.executeQuery().close();
        }
    }

    /** The stage must be empty in the end: its DROP without CASCADE says so. */
    private void swap(Connection connection, String schema) throws SQLException {
        connection.setAutoCommit(false);
        try {
            Map<String, List<String>> old = SchemaTables.columns(connection, schema);
            if (old.containsKey("instances")) {
                // an instance that starts now waits, and then finds the new tables
                execute(
                        connection,
                        "LOCK TABLE " + SchemaTables.quoted(schema, "instances") + " IN ACCESS EXCLUSIVE MODE");
                execute(connection, "SET LOCAL search_path = \"" + schema.replace("\"", "\"\"") + '"');
                RestoreTarget.requireNone(RestoreTarget.live(connection));
            }
            dropTables(connection, schema, old.keySet());
            for (String name : SchemaTables.sequences(connection, schema).keySet()) {
                execute(connection, "DROP SEQUENCE " + SchemaTables.quoted(schema, name));
            }
            String into = " SET SCHEMA \"" + schema.replace("\"", "\"\"") + '"';
            for (Map.Entry<String, Boolean> sequence :
                    SchemaTables.sequences(connection, STAGE).entrySet()) {
                if (!sequence.getValue()) {
                    execute(connection, "ALTER SEQUENCE " + SchemaTables.quoted(STAGE, sequence.getKey()) + into);
                }
            }
            for (String name : SchemaTables.columns(connection, STAGE).keySet()) {
                execute(connection, "ALTER TABLE " + SchemaTables.quoted(STAGE, name) + into);
            }
            execute(connection, "DROP SCHEMA " + STAGE);
            connection.commit();
        } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private static void dropTables(Connection connection, String schema, Collection<String> tables)
            throws SQLException {
        if (tables.isEmpty()) {
            return;
        }
        try {
            execute(
                    connection,
                    tables.stream()
                            .map(name -> SchemaTables.quoted(schema, name))
                            .collect(Collectors.joining(", ", "DROP TABLE ", "")));
        } catch (SQLException e) {
            if (DEPENDENT_OBJECTS.equals(e.getSQLState())) {
                throw new BackupException(
                        "something of somebody else, such as a view, depends on a table of this database: nothing was changed;"
                                + " drop it, and make it again afterwards",
                        e);
            }
            throw e;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
