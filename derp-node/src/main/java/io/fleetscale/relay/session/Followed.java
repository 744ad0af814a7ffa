package io.fleetscale.relay.session;

import io.fleetscale.relay.routing.Peer;
import io.fleetscale.relay.routing.Receiver;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The peers whose packets a connection has received and whose departure it must be told. Bounded: the ones that it has
 * known for longest are forgotten. Confined to the connection's event loop.
 */
final class Followed {
    private static final int MAX_PEERS = 10_000;

    private final Receiver follower;
    private final Set<Peer> peers = new LinkedHashSet<>(4);

    Followed(Receiver follower) {
        this.follower = follower;
    }

    /** Follows a peer; false if it has gone already. */
    boolean follow(Peer peer) {
        if (peers.contains(peer)) {
            return true;
        }
        if (!peer.follow(follower)) {
            return false;
        }
        peers.add(peer);
        if (peers.size() > MAX_PEERS) {
            Iterator<Peer> oldest = peers.iterator();
            oldest.next().unfollow(follower);
            oldest.remove();
        }
        return true;
    }

    void forget(Peer peer) {
        peers.remove(peer);
    }

    void close() {
        for (Peer peer : peers) {
            peer.unfollow(follower);
        }
        peers.clear();
    }
}
