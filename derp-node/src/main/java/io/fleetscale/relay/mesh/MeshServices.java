package io.fleetscale.relay.mesh;

import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.limits.RelayTimers;
import io.fleetscale.relay.routing.PeerRegistry;
import io.fleetscale.relay.session.QueueMemory;
import io.fleetscale.wire.derp.BoxKeyPair;
import java.util.function.Supplier;

/** What all links of a relay share. */
public record MeshServices(
        BoxKeyPair identity,
        Supplier<MeshKeys> keys,
        PeerRegistry peers,
        QueueLimits queues,
        QueueMemory queueMemory,
        RelayTimers timers) {}
