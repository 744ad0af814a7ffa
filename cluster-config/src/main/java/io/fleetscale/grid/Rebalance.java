package io.fleetscale.grid;

import java.util.Collection;
import org.apache.ignite.Ignite;
import org.apache.ignite.internal.IgniteEx;
import org.apache.ignite.internal.processors.cache.distributed.dht.topology.GridDhtPartitionTopology;

/**
 * Who still takes over entries from other members.
 *
 * @param self whether this instance does, or is not in the grid at all
 * @param anyone whether any member does, this instance included
 */
public record Rebalance(boolean self, boolean anyone) {
    static final Rebalance STOPPED = new Rebalance(true, true);

    static Rebalance of(Ignite ignite, Collection<CacheSlot> slots) {
        boolean self = false;
        boolean anyone = false;
        for (CacheSlot slot : slots) {
            // Ignite shows this only in statistics that are off, or in its inner parts
            GridDhtPartitionTopology partitions =
                    ((IgniteEx) ignite).cachex(slot.name()).context().topology();
            self |= partitions.localPartitionMap().hasMovingPartitions();
            anyone |= partitions.hasMovingPartitions();
        }
        return new Rebalance(self, self || anyone);
    }
}
