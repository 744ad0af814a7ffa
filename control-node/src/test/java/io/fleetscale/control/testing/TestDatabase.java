package io.fleetscale.control.testing;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL for tests: one server for the JVM, durable as in production, and a fresh database for each caller. The
 * server ends with the JVM.
 */
public final class TestDatabase {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static @Nullable EmbeddedPostgres shared;

    private TestDatabase() {}

    /** A new empty database, without a schema. */
    public static DatabaseConfig fresh() {
        EmbeddedPostgres server = server();
        String name = "test_" + NUMBER.incrementAndGet();
        execute(server.config("postgres"), "CREATE DATABASE " + name);
        return server.config(name);
    }

    /** A new database with the schema, and pools to it; the caller closes it. */
    public static Database open() {
        return Database.open(fresh());
    }

    /** Runs one statement on a connection of its own. */
    public static void execute(DatabaseConfig config, String sql) {
        try (Connection connection = connect(config);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** A plain connection, in auto-commit mode. */
    public static Connection connect(DatabaseConfig config) throws SQLException {
        return Database.connect(config, "test");
    }

    private static synchronized EmbeddedPostgres server() {
        if (shared == null) {
            try {
                Path build = Path.of("target").toAbsolutePath();
                Files.createDirectories(build);
                Path home = Files.createTempDirectory(build, "test-postgres-");
                EmbeddedPostgres server = new EmbeddedPostgres(home, build.resolve("test-postgres-programs"));
                server.start();
                Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                    server.closeAtOnce();
                    deleteTree(home);
                }));
                shared = server;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return shared;
    }

    private static void deleteTree(Path root) {
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // Left for "mvn clean".
        }
    }
}
