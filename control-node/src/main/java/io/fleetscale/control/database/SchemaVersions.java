package io.fleetscale.control.database;

import java.sql.SQLException;

/** The schema of a database by its numbers, for whoever moves whole databases. Stateless; calls block. */
public final class SchemaVersions {
    /** Where the migrations that have run are kept. */
    public static final String HISTORY_TABLE = SchemaMigration.HISTORY_TABLE;

    private SchemaVersions() {}

    /** The newest that this program knows. */
    public static int ofProgram() {
        return SchemaMigration.PROGRAM_SCHEMA;
    }

    /**
     * The one that the database has; 0 for an empty database.
     *
     * @throws DatabaseException for tables of another program
     */
    public static int stored(DatabaseConfig config) throws SQLException {
        return new SchemaMigration(Database.migrationSource(config), config).storedSchema();
    }

    /**
     * Makes the tables in {@code schema}, which exists, or raises them.
     *
     * @param version 1 to {@link #ofProgram}
     * @throws DatabaseException if a migration fails
     */
    public static void raise(DatabaseConfig config, String schema, int version) {
        new SchemaMigration(Database.migrationSource(config), config).raise(schema, version);
    }
}
