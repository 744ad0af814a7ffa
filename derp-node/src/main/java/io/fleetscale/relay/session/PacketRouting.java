package io.fleetscale.relay.session;

import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.metrics.LoopCounters;
import io.fleetscale.relay.routing.Forwarder;
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

/**
 * Where the packets of one connection go: to the destination's connection here, or to the relay of the region that has it.
 * Confined to the connection's event loop.
 */
final class PacketRouting {
    private final RelayLoop loop;
    private final LoopCounters counters;
    private final PeerLookup destinations;
    private final Consumer<Bytes32> notHere;

    /** @param notHere told the destination of a packet of path discovery that nobody in the region has */
    PacketRouting(PeerRegistry peers, RelayLoop loop, Consumer<Bytes32> notHere) {
        this.loop = loop;
        this.counters = loop.counters();
        this.destinations = new PeerLookup(peers);
        this.notHere = notHere;
    }

    static boolean isDisco(ByteBuf buffer, int start, int frameBytes) {
        int packet = DerpLimits.HEADER_BYTES + DerpLimits.KEY_BYTES;
        return DiscoPacket.looksLikeDisco(buffer, start + packet, frameBytes - packet);
    }

    /** Passes on a SendPacket frame, which is rewritten in place. The buffer is lent. */
    void route(Peer source, ByteBuf buffer, int start, int frameBytes) {
        int packetBytes = frameBytes - DerpLimits.HEADER_BYTES - DerpLimits.KEY_BYTES;
        boolean isDisco = isDisco(buffer, start, frameBytes);
        counters.increment(Counter.PACKETS_RECEIVED);
        counters.increment(isDisco ? Counter.PACKETS_RECEIVED_DISCO : Counter.PACKETS_RECEIVED_OTHER);
        counters.add(Counter.BYTES_RECEIVED, packetBytes);

        Peer destination = destinations.find(buffer, start + DerpLimits.HEADER_BYTES);
        if (destination == null) {
            counters.dropped(DropReason.UNKNOWN_DEST, isDisco, packetBytes);
            if (isDisco) {
                notHere.accept(destinations.missing());
            }
            return;
        }
        Receiver receiver = destination.active();
        if (receiver != null) {
            DerpFrameEncoder.rewriteAsReceived(buffer, start, source.keyBytes());
            loop.route(receiver, source, buffer, start, frameBytes);
            return;
        }
        Forwarder relay = destination.forwarder();
        Receiver link = relay == null ? null : relay.linkFor(loop);
        if (link == null) {
            counters.dropped(DropReason.GONE_DISCONNECTED, isDisco, packetBytes);
            return;
        }
        loop.route(link, source, buffer, start, frameBytes);
    }

    /** Keeps no peer any longer. */
    void close() {
        destinations.forget();
    }
}
