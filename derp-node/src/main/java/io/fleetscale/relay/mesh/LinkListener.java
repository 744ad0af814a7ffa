package io.fleetscale.relay.mesh;

import io.fleetscale.wire.key.Bytes32;

/** Hears what happens on a {@link MeshLink}. Called on its event loop. */
interface LinkListener {
    /** It carries packets from now on. */
    void opened(MeshLink link);

    void present(Bytes32 peer);

    void gone(Bytes32 peer);

    /** The other side is this relay itself: the address is its own. */
    void isSelf(MeshLink link);

    /** It has ended, or was never opened; said once. */
    void closed(MeshLink link, String why);
}
