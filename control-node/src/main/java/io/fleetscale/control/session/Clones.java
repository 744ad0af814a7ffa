package io.fleetscale.control.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices machines that run with copies of one state: they share all keys, so that each takes the other's map stream over, as
 * fast as they can ask. The sign is a connection that asks again after another one took its stream over, twice in a short
 * time: a client that makes a new connection never uses the one before. Thread-safe. Source: field case F024.
 */
final class Clones {
    private static final Logger LOG = LoggerFactory.getLogger(Clones.class);
    private static final Duration REMEMBERED = Duration.ofMinutes(5);
    private static final Duration ONE_LINE_PER = Duration.ofMinutes(1);
    private static final int MAX_NODES = 10_000;
    private static final int RETURNS_OF_A_CLONE = 2;

    private final Cache<NodeId, TakenOver> takenOver;
    private final Cache<NodeId, AtomicInteger> returns;
    private final Cache<NodeId, AtomicInteger> lines;

    /** A stream that ended because the session of {@code epoch} was opened, here or elsewhere. */
    private record TakenOver(Caller from, long epoch) {}

    /** @param nanoTime monotonic clock */
    Clones(LongSupplier nanoTime) {
        this.takenOver = remembering(REMEMBERED, nanoTime);
        this.returns = remembering(REMEMBERED, nanoTime);
        this.lines = remembering(ONE_LINE_PER, nanoTime);
    }

    private static <V> Cache<NodeId, V> remembering(Duration time, LongSupplier nanoTime) {
        return Caffeine.newBuilder()
                .maximumSize(MAX_NODES)
                .expireAfterWrite(time)
                .ticker(nanoTime::getAsLong)
                .build();
    }

    void takenOver(NodeId node, Caller from, long byEpoch) {
        takenOver.put(node, new TakenOver(from, byEpoch));
    }

    /** A session was opened here: who took the own stream over, over the same connection, is no clone. */
    void opened(NodeId node, Caller by, long epoch) {
        takenOver
                .asMap()
                .computeIfPresent(
                        node,
                        (id, was) -> was.epoch() == epoch && was.from().connection() == by.connection() ? null : was);
    }

    /**
     * Whether the one who asks is a clone: its stream was taken over by another machine, which it would now do to that one.
     *
     * @param present who has the node's session here; null: it is elsewhere, or over
     */
    boolean isClone(NodeId node, Caller caller, @Nullable Caller present) {
        TakenOver was = takenOver.getIfPresent(node);
        if (was == null
                || was.from().connection() != caller.connection()
                || (present != null && present.connection() == caller.connection())) {
            return false;
        }
        if (returns.get(node, id -> new AtomicInteger()).incrementAndGet() < RETURNS_OF_A_CLONE) {
            return false;
        }
        if (lines.get(node, id -> new AtomicInteger()).getAndIncrement() == 0) {
            LOG.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("source", caller.source())
                    .addKeyValue("other", present == null ? "on another instance" : present.source())
                    .log("two machines have the keys of one node, such as a copy of a virtual machine: on one of them"
                            + " remove the client's state and log in again");
        }
        return true;
    }
}
