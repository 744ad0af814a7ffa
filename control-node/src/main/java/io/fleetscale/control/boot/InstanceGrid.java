package io.fleetscale.control.boot;

import io.fleetscale.config.ClusterConfig;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.instance.JoinTurn;
import io.fleetscale.grid.CacheDefinition;
import io.fleetscale.grid.CountedCache;
import io.fleetscale.grid.Discovery;
import io.fleetscale.grid.EpochCache;
import io.fleetscale.grid.Grid;
import io.fleetscale.grid.GridConfig;
import io.fleetscale.grid.GridException;
import io.fleetscale.grid.GridMemory;
import io.fleetscale.grid.GridTls;
import io.fleetscale.grid.TransientCache;
import io.fleetscale.grid.VersionedCache;
import io.fleetscale.runtime.net.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The caches of a control-node, and its grid. A grid of one instance is started while other parts start; one of several
 * finds the others through the database and so needs it first.
 */
final class InstanceGrid {
    static final CacheDefinition<VersionedCache<Long>> LOG = CacheDefinition.versionedByNumber("log");
    static final CacheDefinition<EpochCache> SESSIONS = CacheDefinition.epochs("sessions");
    static final CacheDefinition<CountedCache> PRESENCE = CacheDefinition.counted("presence");
    static final CacheDefinition<TransientCache> PENDING = CacheDefinition.transients("pending");
    static final CacheDefinition<TransientCache> CALLS = CacheDefinition.transients("calls");

    private static final List<CacheDefinition<?>> CACHES = List.of(LOG, SESSIONS, PRESENCE, PENDING, CALLS);

    private static final Logger log = LoggerFactory.getLogger(InstanceGrid.class);

    private final ClusterConfig cluster;
    private final String programVersion;
    private final Path workDirectory;
    private final @Nullable CompletableFuture<Grid> alone;

    private InstanceGrid(
            ClusterConfig cluster, String programVersion, Path workDirectory, @Nullable CompletableFuture<Grid> alone) {
        this.cluster = cluster;
        this.programVersion = programVersion;
        this.workDirectory = workDirectory;
        this.alone = alone;
    }

    /** The grid of this configuration: with others if it names certificates for the grid, else alone. */
    static InstanceGrid of(ClusterConfig cluster, String programVersion, Path workDirectory) {
        if (cluster.tls().isComplete()) {
            return new InstanceGrid(cluster, programVersion, workDirectory, null);
        }
        return new InstanceGrid(
                cluster,
                programVersion,
                workDirectory,
                begin(new Grid(GridConfig.alone(cluster.instance(), programVersion, workDirectory, CACHES))));
    }

    /** Begins to start a grid of one instance. */
    static InstanceGrid alone(String instance, String programVersion, Path workDirectory) {
        return of(ClusterConfig.defaults().withInstance(instance), programVersion, workDirectory);
    }

    /** Whether other instances can join. */
    boolean isClustered() {
        return alone == null;
    }

    /** Where other instances reach this one, for people; empty when it is alone. */
    String address() {
        return isClustered()
                ? new HostPort(cluster.grid().address(), cluster.grid().discoveryPort()).toString()
                : "";
    }

    private static CompletableFuture<Grid> begin(Grid grid) {
        CompletableFuture<Grid> starting = new CompletableFuture<>();
        Thread.ofPlatform().name("grid-start").daemon().start(() -> {
            try {
                grid.start();
                starting.complete(grid);
            } catch (RuntimeException e) {
                starting.completeExceptionally(e);
            }
        });
        return starting;
    }

    /**
     * Waits for the start.
     *
     * @param database through which instances find each other
     * @throws GridException when it failed
     */
    Grid started(Database database) {
        if (alone == null) {
            Grid grid = new Grid(clustered(database));
            JoinTurn turn = new JoinTurn(database);
            try {
                turn.run(grid::start);
            } catch (GridException e) {
                // the member that answered may have been dying, or the machine busy
                log.atWarn().addKeyValue("reason", e.getMessage()).log("The grid was not joined, trying once more");
                turn.run(grid::start);
            }
            return grid;
        }
        try {
            return alone.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof GridException failed) {
                throw failed;
            }
            throw new IllegalStateException("the grid could not start", e);
        }
    }

    private GridConfig clustered(Database database) {
        ClusterConfig.Tls tls = cluster.tls();
        Path certificate = tls.certPath();
        Path key = tls.keyPath();
        Path authority = tls.caPath();
        if (certificate == null || key == null || authority == null) {
            throw new IllegalStateException("a grid with others has certificates");
        }
        ClusterConfig.Grid place = cluster.grid();
        return new GridConfig(
                cluster.instance(),
                programVersion,
                workDirectory,
                place.address(),
                portOf(place.address(), place.communicationPort()),
                portOf(place.address(), place.discoveryPort()),
                new Discovery.Database(database.writeSource(), true),
                GridConfig.DEFAULT_JOIN_TIMEOUT,
                Optional.of(new GridTls(certificate, key, authority)),
                GridMemory.DEFAULT,
                GridConfig.DEFAULT_CONTENT_TIME_TO_LIVE,
                CACHES);
    }

    /** The configured port, or one that is free now. */
    private static int portOf(String address, int configured) {
        if (configured != 0) {
            return configured;
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("cluster.grid.address " + address + ": no port can be bound there", e);
        }
    }

    /** Ends the grid if it was begun before the instance took it over. */
    void close() {
        if (alone != null) {
            CompletableFuture<Void> unused = alone.thenAccept(Grid::close);
        }
    }
}
