package io.fleetscale.control.instance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives this instance's sessions to the others, one after the other: first it is not ready any more, so that balancers send
 * nobody new; after a health interval of theirs it sends clients away at a jittered rate. It waits while another instance
 * still takes over entries of the grid. Thread-safe.
 */
public final class Drain {
    /** The sessions of this instance. */
    public interface Sessions {
        List<NodeId> nodes();

        void sendAway(NodeId node);

        /** Clients that go from now on are taken to come back elsewhere. */
        void expectMoves(boolean expected);
    }

    private static final Logger log = LoggerFactory.getLogger(Drain.class);
    /** Balancers look each second and want to be sure. */
    static final Duration HEALTH_INTERVAL = Duration.ofSeconds(2);
    /** In this time all sessions move, unless a rate is given. */
    private static final Duration SPREAD = Duration.ofSeconds(8);

    private static final int LEAST_RATE = 20;
    private static final int ROUNDS = 2;
    private static final Duration REBALANCE_POLL = Duration.ofMillis(100);

    private final Sessions sessions;
    private final BooleanSupplier rebalancing;
    private final RandomGenerator random;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private @Nullable Run run;

    /**
     * @param rebalancing whether any instance still takes over entries of the grid
     * @param random for the order and the jitter
     */
    public Drain(Sessions sessions, BooleanSupplier rebalancing, RandomGenerator random) {
        this.sessions = sessions;
        this.rebalancing = rebalancing;
        this.random = random;
    }

    /** Whether this instance is being drained, or was and still takes nobody. */
    public boolean isDraining() {
        lock.lock();
        try {
            return run != null;
        } finally {
            lock.unlock();
        }
    }

    /** Whether balancers have had the time to hear of it, so that nobody new should come. */
    public boolean isEmptying() {
        lock.lock();
        try {
            return run != null && run.emptying;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Begins, unless it has begun already.
     *
     * @param rate sessions per second; 0: as many as it takes to be done in some seconds
     */
    public void start(int rate) {
        lock.lock();
        try {
            if (run == null) {
                Run started = new Run(rate);
                run = started;
                sessions.expectMoves(true);
                Thread.ofVirtual().name("drain").start(started);
                log.atInfo()
                        .addKeyValue("sessions", sessions.nodes().size())
                        .addKeyValue("rate", rate)
                        .log("This instance is being drained");
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes clients again. */
    public void cancel() {
        lock.lock();
        try {
            if (run != null) {
                run.cancelled = true;
                run = null;
                sessions.expectMoves(false);
                log.atInfo().log("This instance takes clients again");
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the drain has sent everybody away; answers whether it did in time. */
    public boolean await(Duration limit) throws InterruptedException {
        Run current;
        lock.lock();
        try {
            current = run;
        } finally {
            lock.unlock();
        }
        return current == null || current.done.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Sends all but so many sessions away, at the drain's pace; for a rebalance. Blocks until it has. */
    public void shed(int keep) throws InterruptedException {
        List<NodeId> surplus = inRandomOrder();
        sendAway(surplus.subList(0, Math.max(0, surplus.size() - keep)), 0, () -> false);
    }

    private List<NodeId> inRandomOrder() {
        List<NodeId> nodes = new ArrayList<>(sessions.nodes());
        Collections.shuffle(nodes, java.util.Random.from(random));
        return nodes;
    }

    private void sendAway(List<NodeId> nodes, int rate, BooleanSupplier cancelled) throws InterruptedException {
        long perSecond = rate > 0 ? rate : Math.max(LEAST_RATE, nodes.size() / SPREAD.toSeconds());
        long gapNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        for (NodeId node : nodes) {
            if (cancelled.getAsBoolean()) {
                return;
            }
            sessions.sendAway(node);
            TimeUnit.NANOSECONDS.sleep(random.nextLong(gapNanos / 2, gapNanos + gapNanos / 2));
        }
    }

    private final class Run implements Runnable {
        private final int rate;
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile boolean cancelled;
        private volatile boolean emptying;

        Run(int rate) {
            this.rate = rate;
        }

        @Override
        public void run() {
            try {
                Thread.sleep(HEALTH_INTERVAL);
                while (rebalancing.getAsBoolean() && !cancelled) {
                    Thread.sleep(REBALANCE_POLL);
                }
                emptying = true;
                // whoever was on the way in while the first were sent away
                for (int round = 0; round < ROUNDS && !cancelled; round++) {
                    sendAway(inRandomOrder(), rate, () -> cancelled);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                done.countDown();
            }
        }
    }
}
