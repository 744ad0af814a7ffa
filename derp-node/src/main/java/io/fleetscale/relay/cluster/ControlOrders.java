package io.fleetscale.relay.cluster;

import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.mesh.MeshAddress;
import java.util.Set;

/** What the control servers want of a relay. Called by one thread, which waits; each only when it is different from before. */
public interface ControlOrders {
    void meshKeys(MeshKeys keys);

    /** All other relays of the region. */
    void region(Set<MeshAddress> relays);

    /** Send all connections away and take none, or serve again. */
    void drain(boolean drains);
}
