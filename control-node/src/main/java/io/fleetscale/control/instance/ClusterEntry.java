package io.fleetscale.control.instance;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.grid.GridException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a starting instance go on once it is in one grid with every live instance. A grid of one while others live is a wrong
 * certificate, a release that does not mix, or a start on a busy machine at which nobody answered in time: the grid is joined
 * again until all see each other. For the thread of the start.
 */
public final class ClusterEntry {
    /** What the database says of the instances. */
    @FunctionalInterface
    public interface Instances {
        InstanceTable.Snapshot read() throws SQLException;
    }

    private static final Logger log = LoggerFactory.getLogger(ClusterEntry.class);
    static final Duration LIMIT = Duration.ofMinutes(2);
    /** How long the others may take to show in the grid, or to leave the database, before it is joined anew. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final Duration DATABASE_PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(200);

    private final Instances instances;
    private final ClusterGrid grid;
    private final String self;
    private final LongSupplier incarnation;

    /** @param incarnation of the lease, asked when it is held */
    public ClusterEntry(Instances instances, ClusterGrid grid, String self, LongSupplier incarnation) {
        this.instances = instances;
        this.grid = grid;
        this.self = self;
        this.incarnation = incarnation;
    }

    /** Why an instance that does not see these may not serve. */
    static String strangeness(Set<String> strangers) {
        return "this instance does not see " + String.join(", ", strangers)
                + " in the grid: check cluster.tls, cluster.grid.address and that all run releases that mix";
    }

    /**
     * Blocks until no live instance is outside of the grid.
     *
     * @throws ControlException FAILED_PRECONDITION when that does not come to be
     * @throws SQLException if the database fails
     */
    public void await() throws SQLException, InterruptedException {
        long began = System.nanoTime();
        while (!seesAll()) {
            String reason = strangeness(strangers());
            if (System.nanoTime() - began > LIMIT.toNanos()) {
                throw new ControlException(ErrorCode.FAILED_PRECONDITION, reason);
            }
            log.atWarn().addKeyValue("reason", reason).log("Joining the grid again");
            rejoin();
        }
    }

    /** Whether it worked shows in who is seen then; the limit holds for all attempts together. */
    private void rejoin() {
        try {
            grid.rejoin();
        } catch (GridException e) {
            log.atWarn().addKeyValue("reason", e.getMessage()).log("The grid was not joined");
        }
    }

    private boolean seesAll() throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!strangers().isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.sleep(POLL);
        }
        return true;
    }

    private Set<String> strangers() throws SQLException, InterruptedException {
        return read().notIn(grid.members(), self, incarnation.getAsLong());
    }

    /** A database that is busy or away for a moment does not end a start. */
    private InstanceTable.Snapshot read() throws SQLException, InterruptedException {
        long began = System.nanoTime();
        while (true) {
            try {
                return instances.read();
            } catch (SQLException e) {
                if (System.nanoTime() - began > DATABASE_PATIENCE.toNanos()) {
                    throw e;
                }
                Thread.sleep(POLL);
            }
        }
    }
}
