package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.netmap.Netmap;
import io.fleetscale.loadtest.netmap.Peer;
import io.fleetscale.loadtest.netmap.PeerView;
import java.util.Optional;

/** A node of a swarm and what it sees; {@code number} is its place in the swarm. */
public record Member(int number, SimulatedNode node, PeerView view) {
    /** Whether its netmap has a peer with this id and given name; false without a strict model. */
    public boolean knowsAs(long id, String givenName) {
        if (!(view instanceof Netmap netmap)) {
            return false;
        }
        Peer peer = netmap.peersById().get(id);
        return peer != null && peer.name().startsWith(givenName + ".");
    }

    /** The node as its own netmap describes it; empty before its first map and without a strict model. */
    Optional<Peer> self() {
        return view instanceof Netmap netmap ? netmap.self() : Optional.empty();
    }
}
