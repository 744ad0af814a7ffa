package io.fleetscale.control.route;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks routers that could stand in for each other whether they answer at all: a router may be gone long before its connection
 * breaks. Each instance asks those whose session it has and tells what it found; elections look at that. One cycle at a time;
 * a session that is younger than a cycle is not judged. Thread-safe. Source: headscale-surface 6.9.
 */
public final class RouterProbes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RouterProbes.class);

    private final Changelog changelog;
    private final Function<NodeId, OptionalLong> sessions;
    private final Ping ping;
    private final Verdicts verdicts;
    private final Duration interval;
    private final Duration timeout;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("router-probes").factory());
    /** Sessions that have seen a cycle begin. Confined to the timer's thread. */
    private Map<NodeId, Long> known = new HashMap<>();

    /** Asks a node to answer; fails when it does not in time. */
    @FunctionalInterface
    public interface Ping {
        CompletableFuture<?> send(Node node, Duration timeout);
    }

    /** Takes what was found of a session. May block. */
    @FunctionalInterface
    public interface Verdicts {
        void tell(NodeId node, long epoch, boolean answers);
    }

    /**
     * @param sessions epoch of a node's session on this instance; empty: it has none here
     * @param interval from one cycle to the next
     * @param timeout when a probe counts as lost; below the interval
     */
    public RouterProbes(
            Changelog changelog,
            Function<NodeId, OptionalLong> sessions,
            Ping ping,
            Verdicts verdicts,
            Duration interval,
            Duration timeout) {
        this.changelog = changelog;
        this.sessions = sessions;
        this.ping = ping;
        this.verdicts = verdicts;
        this.interval = interval;
        this.timeout = timeout;
    }

    public void start() {
        Future<?> unused =
                timer.scheduleAtFixedRate(this::cycle, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** One cycle, until all have answered or run out of time. */
    void cycle() {
        try {
            Map<NodeId, Long> now = new HashMap<>();
            Map<NodeId, CompletableFuture<Boolean>> answers = new HashMap<>();
            for (Node node : PrimaryElection.replaceable(changelog.image())) {
                OptionalLong epoch = sessions.apply(node.id());
                if (epoch.isPresent()) {
                    now.put(node.id(), epoch.getAsLong());
                    if (Long.valueOf(epoch.getAsLong()).equals(known.get(node.id()))) {
                        answers.put(node.id(), ping.send(node, timeout).handle((answer, failure) -> failure == null));
                    }
                }
            }
            known = now;
            CompletableFuture.allOf(answers.values().toArray(CompletableFuture<?>[]::new))
                    .join();
            answers.forEach((id, answer) -> judge(id, now.getOrDefault(id, 0L), answer.join()));
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("probes of routers failed");
        }
    }

    /** A session that ended while it was asked is no news. */
    private void judge(NodeId id, long epoch, boolean answers) {
        OptionalLong present = sessions.apply(id);
        if (present.isPresent() && present.getAsLong() == epoch) {
            verdicts.tell(id, epoch, answers);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
