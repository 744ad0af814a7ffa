package io.fleetscale.relay.session;

import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.limits.RelayTimers;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.wire.key.NodeKey;

/** What all sessions of a relay share. */
public record SessionServices(
        NodeKey relayKey,
        PeerRegistry peers,
        Handshakes handshakes,
        QueueLimits queues,
        QueueMemory queueMemory,
        ReceiveRate receiveRate,
        RelayTimers timers,
        SessionObserver observer) {}
