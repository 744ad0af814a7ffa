package io.fleetscale.control.boot;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.audit.AuditTrail;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.GridLogFanout;
import io.fleetscale.control.changelog.PostgresChangelog;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.instance.ClusterEntry;
import io.fleetscale.control.instance.InstanceLease;
import io.fleetscale.control.instance.InstanceName;
import io.fleetscale.control.instance.InstanceReport;
import io.fleetscale.control.instance.InstanceTable;
import io.fleetscale.control.instance.JoinTurn;
import io.fleetscale.control.instance.LeaseState;
import io.fleetscale.control.secret.CredentialMacs;
import io.fleetscale.control.secret.KeyStorage;
import io.fleetscale.control.secret.ServerKeys;
import io.fleetscale.control.webhook.WebhookOutbox;
import io.fleetscale.grid.Grid;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.metrics.Metrics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What everything else stands on: the database, the server's keys, the grid, the lease and the log.
 *
 * @param changelog started: its image is that of the log's head at the time of the start
 */
record Storage(
        Database database,
        ServerKeys keys,
        CredentialMacs credentialMacs,
        Grid grid,
        InstanceLease lease,
        PostgresChangelog changelog) {
    private static final Logger LOG = LoggerFactory.getLogger(Storage.class);
    private static final Duration DATABASE_PATIENCE = Duration.ofSeconds(30);
    private static final Duration DATABASE_RETRY = Duration.ofMillis(500);

    /**
     * Opens the database, takes the lease and follows the log; the parts belong to {@code lifecycle}.
     *
     * @param leaseChanged told of every change of the lease
     * @param report what this instance says of itself, given the number of the log that it has applied
     * @throws Exception with a message for people
     */
    static Storage start(
            Lifecycle lifecycle,
            ServerConfig config,
            DatabaseConfig databaseConfig,
            StatePaths paths,
            InstanceGrid instanceGrid,
            Metrics metrics,
            InstantSource clock,
            BiConsumer<LeaseState, Database> leaseChanged,
            LongFunction<InstanceReport> report)
            throws Exception {
        Duration patience = instanceGrid.isClustered() ? DATABASE_PATIENCE : Duration.ZERO;
        Database database = patiently(() -> Database.open(databaseConfig), patience);
        database.warnings().forEach(warning -> LOG.atWarn().log(warning));
        lifecycle.add("database", () -> {}, database::close, ControlNode.STOP_LIMIT);
        KeyStorage keyFiles =
                new KeyStorage(paths.noiseKey(), paths.secretMacKey(), Optional.ofNullable(paths.encryptionKey()));
        ServerKeys keys = patiently(() -> ServerKeys.load(database, keyFiles), patience);
        CredentialMacs credentialMacs =
                patiently(() -> CredentialMacs.load(database, keys.secretMac(), clock), patience);
        lifecycle.add("keys of credentials", credentialMacs::start, credentialMacs::close, ControlNode.STOP_LIMIT);
        credentialMacs.bindTo(metrics.registry());
        Grid grid = instanceGrid.started(database);
        lifecycle.add("grid", () -> {}, grid::close, ControlNode.STOP_LIMIT);
        grid.meters().bindTo(metrics.registry());

        AppliedVersion applied = new AppliedVersion();
        InstanceLease lease = new InstanceLease(
                database,
                new InstanceName(config.cluster().instance()),
                instanceGrid.address(),
                BuildInfo.ofProgram().version(),
                () -> report.apply(applied.getAsLong()));
        lifecycle.add("lease", () -> acquire(lease, patience), lease::close, ControlNode.STOP_LIMIT);
        if (instanceGrid.isClustered()) {
            String self = lease.name().value();
            ClusterEntry entry = new ClusterEntry(
                    new InstanceTable(database)::read,
                    new InstanceClusterGrid(grid, self, new JoinTurn(database)),
                    self,
                    lease::incarnation);
            // before anything is read from the grid, or brought into it
            lifecycle.add("entry into the cluster", entry::await, () -> {}, ControlNode.STOP_LIMIT);
        }
        lease.addListener(state -> leaseChanged.accept(state, database));
        PostgresChangelog changelog = new PostgresChangelog(
                database,
                lease,
                new GridLogFanout(grid.cache(InstanceGrid.LOG)),
                clock,
                List.of(new AuditTrail(), new WebhookOutbox()));
        applied.follow(changelog);
        lifecycle.add("changelog", changelog::start, changelog::close, ControlNode.STOP_LIMIT);
        lifecycle.start();
        return new Storage(database, keys, credentialMacs, grid, lease, changelog);
    }

    private static void acquire(InstanceLease lease, Duration patience) throws Exception {
        boolean unused = patiently(
                () -> {
                    lease.acquire();
                    return true;
                },
                patience);
    }

    @FunctionalInterface
    private interface Step<T> {
        T take() throws Exception;
    }

    /** Members of a cluster are started by machines, often before the database answers, or when it is busy. */
    private static <T> T patiently(Step<T> step, Duration patience) throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return step.take();
            } catch (DatabaseException e) {
                if (e.fault() != DatabaseException.Fault.UNREACHABLE || System.nanoTime() - deadline > 0) {
                    throw e;
                }
                LOG.atWarn()
                        .addKeyValue("reason", e.getMessage())
                        .log("the database does not answer yet, trying again");
                Thread.sleep(DATABASE_RETRY);
            }
        }
    }

    /** The number that the lease reports; the log exists only after the lease. */
    private static final class AppliedVersion implements LongSupplier {
        private volatile @Nullable Changelog changelog;

        void follow(Changelog log) {
            changelog = log;
        }

        @Override
        public long getAsLong() {
            Changelog log = changelog;
            return log == null ? 0 : log.image().version();
        }
    }
}
