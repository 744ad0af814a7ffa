package io.fleetscale.relay.mesh;

import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.LoopCounters;
import io.fleetscale.relay.routing.Forwarder;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.relay.routing.Receiver;
import io.fleetscale.relay.routing.RelayLoop;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.wire.key.Bytes32;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Another relay of the region: one link for each event loop, the first of which watches. Thread-safe. */
final class MeshPeer implements Forwarder, AutoCloseable {
    private final MeshAddress address;
    private final PeerRegistry peers;
    private final List<LinkKeeper> keepers;

    MeshPeer(MeshServices services, MeshAddress address, List<RelayLoop> loops, Transport transport) {
        this.address = address;
        this.peers = services.peers();
        List<LinkKeeper> made = new ArrayList<>();
        for (RelayLoop loop : loops) {
            made.add(new LinkKeeper(services, this, loop, transport, made.isEmpty()));
        }
        this.keepers = List.copyOf(made);
    }

    MeshAddress address() {
        return address;
    }

    /** Links that carry packets. */
    int openLinks() {
        return (int) keepers.stream().filter(keeper -> keeper.link() != null).count();
    }

    void start() {
        keepers.forEach(LinkKeeper::start);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the very loop is meant
    public @Nullable Receiver linkFor(RelayLoop loop) {
        MeshLink other = null;
        for (LinkKeeper keeper : keepers) {
            MeshLink link = keeper.link();
            if (link != null && keeper.loop() == loop) {
                return link;
            }
            other = other == null ? link : other;
        }
        return other;
    }

    void present(Bytes32 peer, LoopCounters counters) {
        PeerRegistry.ForwarderChange change = peers.addForwarder(peer, this);
        if (change.before() == 1 && change.after() == 2) {
            counters.increment(Counter.MULTIFORWARDER_CREATED);
        }
    }

    void gone(Bytes32 peer, LoopCounters counters) {
        PeerRegistry.ForwarderChange change = peers.removeForwarder(peer, this);
        if (change.before() == 2 && change.after() == 1) {
            counters.increment(Counter.MULTIFORWARDER_DELETED);
        }
    }

    @Override
    public void close() {
        keepers.forEach(LinkKeeper::close);
    }
}
