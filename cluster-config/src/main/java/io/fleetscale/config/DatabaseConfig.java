package io.fleetscale.config;

import java.util.ArrayList;
import java.util.List;

/**
 * The database.
 *
 * @param type as written; only {@code postgres} is offered
 */
public record DatabaseConfig(String type, PostgresConfig postgres) {
    public static final String POSTGRES = "postgres";

    private static final DatabaseConfig DEFAULTS = new DatabaseConfig("", PostgresConfig.defaults());

    public static DatabaseConfig defaults() {
        return DEFAULTS;
    }

    /** The configuration of a PostgreSQL database. */
    public static DatabaseConfig of(PostgresConfig postgres) {
        return new DatabaseConfig(POSTGRES, postgres);
    }

    static DatabaseConfig read(Settings in) {
        return new DatabaseConfig(in.text("database.type", DEFAULTS.type), PostgresConfig.read(in));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        switch (type) {
            case POSTGRES -> problems.addAll(postgres.validate());
            case "sqlite", "sqlite3" ->
                problems.add(ConfigProblem.error(
                        "database.type",
                        type,
                        "SQLite is not offered, and its file is neither read nor written: a cluster needs a database that all instances reach",
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
