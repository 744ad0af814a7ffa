package io.fleetscale.control.boot;

import io.fleetscale.grid.CacheDefinition;
import io.fleetscale.grid.CountedCache;
import io.fleetscale.grid.EpochCache;
import io.fleetscale.grid.Grid;
import io.fleetscale.grid.GridConfig;
import io.fleetscale.grid.GridException;
import io.fleetscale.grid.TransientCache;
import io.fleetscale.grid.VersionedCache;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The caches of a control-node, and a grid whose start takes its second while other parts start. */
final class InstanceGrid {
    static final CacheDefinition<VersionedCache<Long>> LOG = CacheDefinition.versionedByNumber("log");
    static final CacheDefinition<EpochCache> SESSIONS = CacheDefinition.epochs("sessions");
    static final CacheDefinition<CountedCache> PRESENCE = CacheDefinition.counted("presence");
    static final CacheDefinition<TransientCache> PENDING = CacheDefinition.transients("pending");

    private final CompletableFuture<Grid> starting;

    private InstanceGrid(CompletableFuture<Grid> starting) {
        this.starting = starting;
    }

    /** Begins to start a grid of one instance. */
    static InstanceGrid alone(String instance, String programVersion, Path workDirectory) {
        Grid grid = new Grid(
                GridConfig.alone(instance, programVersion, workDirectory, List.of(LOG, SESSIONS, PRESENCE, PENDING)));
        CompletableFuture<Grid> starting = new CompletableFuture<>();
        Thread.ofPlatform().name("grid-start").daemon().start(() -> {
            try {
                grid.start();
                starting.complete(grid);
            } catch (RuntimeException e) {
                starting.completeExceptionally(e);
            }
        });
        return new InstanceGrid(starting);
    }

    /**
     * Waits for the start.
     *
     * @throws GridException when it failed
     */
    Grid started() {
        try {
            return starting.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof GridException failed) {
                throw failed;
            }
            throw new IllegalStateException("the grid could not start", e);
        }
    }

    /** Ends the grid if it runs. */
    void close() {
        CompletableFuture<Void> unused = starting.thenAccept(Grid::close);
    }
}
