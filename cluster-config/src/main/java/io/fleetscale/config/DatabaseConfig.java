package io.fleetscale.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The database.
 *
 * @param type as written; only {@code postgres} is offered
 * @param sqlitePath headscale's SQLite file, of use to an importer only; null when it was not given
 */
public record DatabaseConfig(
        String type, PostgresConfig postgres, @Nullable Path sqlitePath) {
    public static final String POSTGRES = "postgres";

    private static final DatabaseConfig DEFAULTS = new DatabaseConfig("", PostgresConfig.defaults(), null);

    public static DatabaseConfig defaults() {
        return DEFAULTS;
    }

    /** The configuration of a PostgreSQL database. */
    public static DatabaseConfig of(PostgresConfig postgres) {
        return new DatabaseConfig(POSTGRES, postgres, null);
    }

    static DatabaseConfig read(Settings in) {
        return new DatabaseConfig(
                in.text("database.type", DEFAULTS.type),
                PostgresConfig.read(in),
                in.path("database.sqlite.path", DEFAULTS.sqlitePath));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        switch (type) {
            case POSTGRES -> problems.addAll(postgres.validate());
            case "sqlite", "sqlite3" ->
                problems.add(ConfigProblem.error(
                        "database.type",
                        type,
                        "SQLite is not offered: a cluster needs a database that all instances reach",
                        "set database.type: postgres and database.postgres.*"));
            case "" ->
                problems.add(ConfigProblem.error(
                        "database.type", null, "is missing", "set database.type: postgres and database.postgres.*"));
            default ->
                problems.add(ConfigProblem.error(
                        "database.type", type, "not a known database", "set database.type: postgres"));
        }
        return problems;
    }
}
