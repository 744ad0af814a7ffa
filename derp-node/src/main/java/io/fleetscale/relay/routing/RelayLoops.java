package io.fleetscale.relay.routing;

import io.fleetscale.relay.metrics.RelayMetrics;
import io.netty.channel.EventLoop;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Finds the {@link RelayLoop} of an event loop, making it at the first connection. Thread-safe. */
public final class RelayLoops {
    private final ConcurrentMap<EventLoop, RelayLoop> loops = new ConcurrentHashMap<>();
    private final AtomicInteger nextIndex = new AtomicInteger();
    private final RelayMetrics metrics;

    public RelayLoops(RelayMetrics metrics) {
        this.metrics = metrics;
    }

    public RelayLoop of(EventLoop eventLoop) {
        return loops.computeIfAbsent(
                eventLoop, loop -> new RelayLoop(loop, nextIndex.getAndIncrement(), metrics.newLoop()));
    }
}
