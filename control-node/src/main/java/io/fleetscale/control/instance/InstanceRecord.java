package io.fleetscale.control.instance;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;

/**
 * An instance as its row in the database has it.
 *
 * @param incarnation of its present or last life
 * @param sinceRenewed how long ago it renewed its lease, by the database's clock
 * @param held whether the lease has not expired
 * @param address where the other instances reach it; empty for one that is alone
 * @param release of its program
 * @param drainRate sessions per second with which it has to give its sessions away, 0: as it sees fit; absent: it need not
 * @param keepSessions how many sessions it may keep, by a rebalance; absent: all
 */
public record InstanceRecord(
        String name,
        long incarnation,
        Duration sinceRenewed,
        boolean held,
        String address,
        String release,
        InstanceReport report,
        Instant started,
        OptionalInt drainRate,
        OptionalInt keepSessions) {

    /** Whether it lives and takes part. */
    public boolean isLive() {
        return held && report.state().takesPart();
    }
}
