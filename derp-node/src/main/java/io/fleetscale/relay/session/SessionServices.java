package io.fleetscale.relay.session;

import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.limits.RelayTimers;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.wire.key.NodeKey;
import java.util.function.Supplier;

/**
 * What all sessions of a relay share.
 *
 * @param receiveRate asked when a node is admitted; those that are there are told of a change
 */
public record SessionServices(
        NodeKey relayKey,
        PeerRegistry peers,
        Handshakes handshakes,
        QueueLimits queues,
        QueueMemory queueMemory,
        Supplier<ReceiveRate> receiveRate,
        RelayTimers timers,
        SessionObserver observer) {}
