package io.fleetscale.relay.session;

import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.routing.Peer;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.relay.routing.Receiver;
import io.fleetscale.relay.routing.RelayLoop;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.disco.DiscoPacket;
import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a connection that has shown the mesh key may do beyond what nodes may: deliver packets of other relays' nodes, subscribe
 * to who is connected, and end connections. Confined to the connection's event loop. Source: tailscale
 * derp/derpserver/derpserver.go, handleFrameForwardPacket, handleFrameWatchConns, handleFrameClosePeer.
 */
final class MeshRight {
    private static final int KEYS_BYTES = 2 * DerpLimits.KEY_BYTES;

    private final PeerRegistry peers;
    private final RelayLoop loop;
    private final Consumer<Bytes32> sayNotHere;
    private final WatchFeed feed;
    private final PeerLookup sources;
    private final PeerLookup destinations;
    private @Nullable Peer unheardOf;
    private boolean watches;

    /** @param sayNotHere tells the other relay that a key is not here, at a bounded rate */
    MeshRight(PeerRegistry peers, RelayLoop loop, Consumer<Bytes32> sayNotHere, WatchFeed feed) {
        this.peers = peers;
        this.loop = loop;
        this.sayNotHere = sayNotHere;
        this.feed = feed;
        this.sources = new PeerLookup(peers);
        this.destinations = new PeerLookup(peers);
    }

    /** Delivers to a connection of this relay; a packet is never forwarded twice. */
    void forwardPacket(ByteBuf buffer, int start, int frameBytes) {
        loop.counters().increment(Counter.PACKETS_FORWARDED_IN);
        Peer destination = destinations.find(buffer, start + DerpLimits.HEADER_BYTES + DerpLimits.KEY_BYTES);
        Receiver receiver = destination == null ? null : destination.active();
        if (receiver == null) {
            int packetBytes = frameBytes - DerpLimits.HEADER_BYTES - KEYS_BYTES;
            boolean isDisco =
                    DiscoPacket.looksLikeDisco(buffer, start + DerpLimits.HEADER_BYTES + KEYS_BYTES, packetBytes);
            loop.counters().dropped(DropReason.UNKNOWN_DEST_ON_FWD, isDisco, packetBytes);
            if (isDisco) {
                sayNotHere.accept(destination == null ? destinations.missing() : destination.key());
            }
            return;
        }
        Peer source = source(buffer, start + DerpLimits.HEADER_BYTES);
        int received = DerpFrameEncoder.rewriteForwarded(buffer, start, frameBytes, source.keyBytes());
        loop.route(receiver, source, buffer, received, frameBytes - DerpLimits.KEY_BYTES);
    }

    void watchConnections() {
        watches = true;
        peers.watch(feed);
    }

    void closePeer(Bytes32 key) {
        peers.disconnect(key);
    }

    void writable() {
        feed.drain();
    }

    void close() {
        if (watches) {
            peers.unwatch(feed);
        }
        sources.forget();
        destinations.forget();
    }

    private Peer source(ByteBuf buffer, int index) {
        Peer known = sources.find(buffer, index);
        if (known != null) {
            return known;
        }
        Bytes32 key = sources.missing();
        Peer stranger = unheardOf;
        if (stranger == null || !stranger.key().equals(key)) {
            stranger = Peer.unheardOf(key);
            unheardOf = stranger;
        }
        return stranger;
    }
}
