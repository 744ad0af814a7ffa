package io.fleetscale.control.backup;

import io.fleetscale.control.database.SchemaVersions;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Copies all tables into an archive as they were at one moment: one REPEATABLE READ transaction, so that a cluster goes on while
 * it is backed up. Blocks. Not thread-safe.
 */
public final class DatabaseBackup {
    private static final int NUMBER_BYTES = 8;

    private final Connection connection;
    private final BackupProgress progress;

    /** @param connection of its own, without a time limit for silence */
    public DatabaseBackup(Connection connection, BackupProgress progress) {
        this.connection = connection;
        this.progress = progress;
    }

    /** Looks at what is about to be copied, in the snapshot. */
    @FunctionalInterface
    public interface Check {
        void run(Connection snapshot) throws SQLException;
    }

    /**
     * Puts all tables into the archive.
     *
     * @param program release of this program
     * @return what the archive's manifest must say, without keys
     * @throws BackupException if the database holds no tailnet
     */
    public BackupManifest copyTo(
            ArchiveWriter archive, String program, Instant now, RandomGenerator random, Check check)
            throws SQLException, IOException {
        connection.setAutoCommit(false);
        connection.setReadOnly(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try {
            execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
                    + " SET LOCAL TIME ZONE 'UTC'; SET LOCAL bytea_output = 'hex'");
            return copyAll(archive, program, now, random, check);
        } finally {
            connection.rollback();
            connection.setReadOnly(false);
            connection.setAutoCommit(true);
        }
    }

    private BackupManifest copyAll(
            ArchiveWriter archive, String program, Instant now, RandomGenerator random, Check check)
            throws SQLException, IOException {
        String schema = SchemaTables.current(connection);
        Map<String, List<String>> tables = SchemaTables.columns(connection, schema);
        if (!tables.containsKey(SchemaVersions.HISTORY_TABLE)) {
            throw new BackupException("the database holds no tailnet: nothing is there to be backed up");
        }
        int version = Math.toIntExact(SchemaTables.number(
                connection,
                "SELECT coalesce(max(version::int), 0) FROM " + SchemaVersions.HISTORY_TABLE + " WHERE success"));
        check.run(connection);
        List<BackupManifest.Table> copied = new ArrayList<>();
        for (Map.Entry<String, List<String>> table : tables.entrySet()) {
            if (!SchemaTables.NOT_KEPT.contains(table.getKey())) {
                copied.add(copy(archive, schema, table.getKey(), table.getValue()));
            }
        }
        byte[] number = new byte[NUMBER_BYTES];
        random.nextBytes(number);
        return new BackupManifest(
                BackupManifest.FORMAT,
                HexFormat.of().formatHex(number),
                now.toString(),
                program,
                version,
                ClusterId.of(connection),
                SchemaTables.number(connection, "SELECT head FROM tailnet"),
                copied,
                sequences(schema),
                List.of());
    }

    private BackupManifest.Table copy(ArchiveWriter archive, String schema, String table, List<String> columns)
            throws SQLException, IOException {
        CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
        String list = columns.stream().map(column -> '"' + column + '"').collect(Collectors.joining(", "));
        String sql = "COPY " + SchemaTables.quoted(schema, table) + " (" + list + ") TO STDOUT";
        return archive.table(table, columns, progress, out -> {
            long unused = copies.copyOut(sql, out);
        });
    }

    /** Sequences do not belong to snapshots: what is read now is at least what the snapshot has used. */
    private List<BackupManifest.Sequence> sequences(String schema) throws SQLException {
        List<BackupManifest.Sequence> sequences = new ArrayList<>();
        for (String name : SchemaTables.sequences(connection, schema).keySet()) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT last_value, is_called FROM " + SchemaTables.quoted(schema, name))) {
                row.next();
                sequences.add(new BackupManifest.Sequence(name, row.getLong(1), row.getBoolean(2)));
            }
        }
        return sequences;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
