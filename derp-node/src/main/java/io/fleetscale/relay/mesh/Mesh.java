package io.fleetscale.relay.mesh;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.relay.routing.RelayLoop;
import io.fleetscale.relay.routing.RelayLoops;
import io.fleetscale.runtime.net.Transport;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The other relays of the region, and the connections to them. Every relay must be told of all others; its own address may be
 * among them, since it is recognised by its key. Thread-safe.
 */
public final class Mesh implements AutoCloseable {
    /**
     * A relay of the region as this one sees it.
     *
     * @param links that carry packets; there is one for each event loop when all is well
     */
    public record State(MeshAddress relay, int links) {}

    private final MeshServices services;
    private final Transport transport;
    private final RelayLoops loops;

    @GuardedBy("this")
    private final Map<MeshAddress, MeshPeer> relays = new LinkedHashMap<>();

    @GuardedBy("this")
    private boolean closed;

    public Mesh(MeshServices services, Transport transport, RelayLoops loops) {
        this.services = services;
        this.transport = transport;
        this.loops = loops;
    }

    /** Connects to relays that are new in the list and leaves those that are no longer in it. */
    public synchronized void join(Set<MeshAddress> others) {
        if (closed) {
            return;
        }
        relays.entrySet().removeIf(entry -> {
            if (others.contains(entry.getKey())) {
                return false;
            }
            entry.getValue().close();
            return true;
        });
        for (MeshAddress address : others) {
            if (!relays.containsKey(address)) {
                MeshPeer relay = new MeshPeer(services, address, allLoops(), transport);
                relays.put(address, relay);
                relay.start();
            }
        }
    }

    /** In the order in which they were joined. */
    public synchronized List<State> states() {
        return relays.values().stream()
                .map(relay -> new State(relay.address(), relay.openLinks()))
                .toList();
    }

    @Override
    public synchronized void close() {
        closed = true;
        relays.values().forEach(MeshPeer::close);
        relays.clear();
    }

    private List<RelayLoop> allLoops() {
        List<RelayLoop> all = new ArrayList<>();
        for (EventExecutor executor : transport.loops()) {
            if (executor instanceof EventLoop eventLoop) {
                all.add(loops.of(eventLoop));
            }
        }
        return all;
    }
}
