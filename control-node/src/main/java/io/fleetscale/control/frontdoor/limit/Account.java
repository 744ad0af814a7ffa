package io.fleetscale.control.frontdoor.limit;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** What one source address or one machine key has used. Thread-safe. */
public final class Account {
    private final int maxConnections;
    private final AtomicInteger connections = new AtomicInteger();
    private final TokenBucket handshakes;
    private final TokenBucket requests;
    private final LongSupplier nanoTime;

    Account(int maxConnections, Rate handshakes, Rate requests, LongSupplier nanoTime) {
        this.maxConnections = maxConnections;
        this.nanoTime = nanoTime;
        long now = nanoTime.getAsLong();
        this.handshakes = new TokenBucket(handshakes, now);
        this.requests = new TokenBucket(requests, now);
    }

    /** Counts one more connection; false, and nothing counted, if there are enough already. */
    public boolean openConnection() {
        if (connections.incrementAndGet() > maxConnections) {
            connections.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Gives back what {@link #openConnection} counted. */
    public void closeConnection() {
        connections.decrementAndGet();
    }

    public boolean takeHandshake() {
        return handshakes.take(nanoTime.getAsLong());
    }

    public boolean takeRequest() {
        return requests.take(nanoTime.getAsLong());
    }

    public int connections() {
        return connections.get();
    }
}
