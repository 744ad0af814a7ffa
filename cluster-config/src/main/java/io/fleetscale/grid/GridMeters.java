package io.fleetscale.grid;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import org.apache.ignite.IgniteCache;
import org.apache.ignite.cache.CachePeekMode;

/** What the grid shows to Prometheus; the only labels are the names of caches. */
final class GridMeters implements MeterBinder {
    private final Grid grid;
    private final List<CacheSlot> slots;

    GridMeters(Grid grid, List<CacheSlot> slots) {
        this.grid = grid;
        this.slots = slots;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder(
                        "fleetscale.grid.members",
                        grid,
                        g -> g.membership().members().size())
                .description("Instances in the grid as this one sees it, 0 while its grid is stopped")
                .register(registry);
        Gauge.builder("fleetscale.grid.running", grid, g -> g.isRunning() ? 1 : 0)
                .description("Whether this instance is in the grid")
                .register(registry);
        FunctionCounter.builder("fleetscale.grid.restarts", grid, Grid::restarts)
                .description("Restarts of the grid inside this process")
                .register(registry);
        for (CacheSlot slot : slots) {
            Tags tags = Tags.of("cache", slot.name());
            Gauge.builder("fleetscale.grid.entries", slot, GridMeters::entries)
                    .tags(tags)
                    .description("Entries that this instance holds")
                    .register(registry);
            Gauge.builder("fleetscale.grid.listener.waiting", slot, CacheSlot::waitingKeys)
                    .tags(tags)
                    .baseUnit("entries")
                    .description("Changed entries that listeners have not been told of yet")
                    .register(registry);
            FunctionCounter.builder("fleetscale.grid.listener.overflows", slot, CacheSlot::overflows)
                    .tags(tags)
                    .description("Times that a listener was too slow and had to resynchronise")
                    .register(registry);
        }
    }

    private static double entries(CacheSlot slot) {
        IgniteCache<?, byte[]> cache = slot.running();
        try {
            return cache == null ? 0 : cache.localSizeLong(CachePeekMode.PRIMARY, CachePeekMode.BACKUP);
        } catch (RuntimeException e) {
            return Double.NaN; // stopped at this moment
        }
    }
}
