package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.LoadedConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.access.JdbcPolicyHistory;
import io.fleetscale.control.access.Policies;
import io.fleetscale.control.access.PolicyExamination;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyRouteApprovers;
import io.fleetscale.control.access.PolicySource;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.audit.AuditTrail;
import io.fleetscale.control.changelog.LogFanout;
import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.changelog.WriteFence;
import io.fleetscale.control.cli.PolicyDatabase;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.route.RoutingChangelog;
import io.fleetscale.control.webhook.WebhookOutbox;
import io.fleetscale.proto.grid.v1.LogRecord;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The policy in the database without a server: {@code policy get|set|check --bypass-grpc-and-access-database-directly}. A write
 * is an entry of the log like any other, under the lock of its head and decided on the image of exactly that number; so it does
 * no harm if servers run after all: they read it from the log. It has no lease because no other process counts on this one.
 */
final class PolicyInDatabase implements PolicyDatabase.Opened {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Database database;
    private final PostgresChangelog changelog;
    private final Policies policies;

    private PolicyInDatabase(Database database, ServerConfig config) {
        this.database = database;
        this.changelog = new PostgresChangelog(
                database,
                new NoLease(),
                new NoFanout(),
                InstantSource.system(),
                List.of(new AuditTrail(), new WebhookOutbox()));
        PolicyLanguage language = new PolicyLanguage(config.policy().features());
        PolicyInForce inForce = new PolicyInForce(new JdbcPolicyHistory(database.writeSource()), language);
        this.policies = new Policies(
                ServiceSide.over(
                        new RoutingChangelog(changelog, new PolicyRouteApprovers(inForce)), inForce, config.policy()),
                new PolicySource.InDatabase(),
                new PolicyExamination(new ServerEnvironment(
                        config.listen().serverUrlBase(), config.clientFeatures(), ServiceSide.isOn(config.policy()))),
                language);
    }

    /** By a configuration file, as servers read it. */
    static PolicyDatabase.Opened open(@Nullable Path file) {
        LoadedConfig loaded = ConfigLoader.ofProcess().load(file);
        if (!loaded.isUsable()) {
            throw new IllegalArgumentException("loading config:\n" + loaded.report());
        }
        ServerConfig config = loaded.config();
        return open(config, ServeCommand.database(config.database().postgres()));
    }

    static PolicyDatabase.Opened open(ServerConfig config, DatabaseConfig where) {
        Database database = Database.open(where);
        try {
            PolicyInDatabase opened = new PolicyInDatabase(database, config);
            opened.changelog.start();
            return opened;
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    @Override
    public String get() throws Exception {
        return answer(policies.get()).text();
    }

    @Override
    public void set(String policy) throws Exception {
        Policies.Stored unused = answer(policies.set(policy));
    }

    @Override
    public void check(String policy) throws Exception {
        Void unused = answer(policies.check(policy));
    }

    private static <R> R answer(CompletableFuture<R> future) throws Exception {
        try {
            return future.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ControlException refused
                    ? new IllegalArgumentException(refused.detail(), refused)
                    : e;
        }
    }

    @Override
    public void close() {
        changelog.close();
        database.close();
    }

    /** Nobody counts on this process. */
    private static final class NoLease implements WriteFence {
        @Override
        public void announce(Connection connection) {}

        @Override
        public void check(Connection connection) {}
    }

    /** Servers read the log themselves. */
    private static final class NoFanout implements LogFanout {
        @Override
        public void publish(LogRecord record) {}

        @Override
        public void subscribe(Consumer<LogRecord> consumer) {}
    }
}
