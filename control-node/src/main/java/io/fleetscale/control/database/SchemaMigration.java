package io.fleetscale.control.database;

import io.fleetscale.control.database.DatabaseException.Fault;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema to this program's number, once, whoever of several instances comes first. A schema that is newer is
 * accepted as long as it says that this program can live with it: neighbouring releases run side by side.
 */
final class SchemaMigration {
    /** Number of the newest migration in {@code db/migration}. */
    static final int PROGRAM_SCHEMA = 8;

    static final String HISTORY_TABLE = "fleetscale_schema_history";

    private static final Logger log = LoggerFactory.getLogger(SchemaMigration.class);

    private final DataSource source;
    private final DatabaseConfig config;

    SchemaMigration(DataSource source, DatabaseConfig config) {
        this.source = source;
        this.config = config;
    }

    /**
     * @throws DatabaseException for a schema that is newer than this program can live with, or a database of another program
     */
    void run() throws SQLException {
        int found = storedSchema();
        if (found == PROGRAM_SCHEMA) {
            return;
        }
        if (found > PROGRAM_SCHEMA) {
            checkNewer(found);
            return;
        }
        migrate(migrations());
    }

    /** Makes the tables in another schema, which exists, or raises them; not above {@code version}. */
    void raise(String schema, int version) {
        migrate(migrations()
                .schemas(schema)
                .defaultSchema(schema)
                .createSchemas(false)
                .target(Integer.toString(version)));
    }

    private FluentConfiguration migrations() {
        return Flyway.configure(SchemaMigration.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .table(HISTORY_TABLE)
                .cleanDisabled(true)
                .baselineOnMigrate(false);
    }

    private void migrate(FluentConfiguration migrations) {
        try {
            migrations.load().migrate();
        } catch (FlywayException e) {
            throw failed(e);
        }
    }

    private void checkNewer(int found) throws SQLException {
        int oldest = oldestProgram();
        if (oldest > PROGRAM_SCHEMA) {
            throw new DatabaseException(
                    Fault.NEWER_SCHEMA,
                    "database " + config.shownUrl() + " has schema " + found + ", which needs a program of schema "
                            + oldest + " or newer; this one knows " + PROGRAM_SCHEMA,
                    "upgrade this instance, or restore the backup that was taken before the upgrade");
        }
        log.atInfo()
                .addKeyValue("schema", found)
                .addKeyValue("program", PROGRAM_SCHEMA)
                .log("The schema is of a newer release that this one can run beside");
    }

    private static DatabaseException unexpected(DatabaseConfig config) {
        return new DatabaseException(
                Fault.FOREIGN_DATABASE,
                "database " + config.shownUrl() + " holds the tables of another program",
                "give Fleetscale a database of its own (database.postgres.name)");
    }

    private DatabaseException failed(FlywayException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql
                    && (DatabaseFaults.isConnectionLost(sql) || "42501".equals(sql.getSQLState()))) {
                return DatabaseFaults.atStart(config, sql);
            }
        }
        return new DatabaseException(
                Fault.BROKEN_MIGRATION,
                "the schema of database " + config.shownUrl() + " could not be brought to " + PROGRAM_SCHEMA + " ("
                        + DatabaseFaults.firstLine(e.getMessage()) + ")",
                "look at table " + HISTORY_TABLE + "; nothing of a failed migration is kept",
                e);
    }

    /** 0 for an empty database. */
    int storedSchema() throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SELECT to_regclass('" + HISTORY_TABLE + "') IS NOT NULL, "
                    + "EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                    + " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm'))")) {
                row.next();
                boolean ours = row.getBoolean(1);
                boolean used = row.getBoolean(2);
                if (!ours && used) {
                    throw unexpected(config);
                }
                if (!ours) {
                    return 0;
                }
            }
            try (ResultSet row = statement.executeQuery(
                    "SELECT coalesce(max(version::int), 0) FROM " + HISTORY_TABLE + " WHERE success")) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    private int oldestProgram() throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT oldest_program FROM schema_release")) {
            row.next();
            return row.getInt(1);
        }
    }
}
