package io.fleetscale.wire.derp;

/** Flags of a PeerPresent frame. Source: tailscale derp/derp.go, PeerPresentFlags. */
public final class PresenceFlags {
    /** None of the other flags is set. */
    public static final int REGULAR = 1;

    public static final int MESH_PEER = 2;
    public static final int PROBER = 4;
    /** The node would rather be at the first relay of the region. */
    public static final int NOT_IDEAL = 8;

    private PresenceFlags() {}

    public static int of(boolean meshPeer, boolean prober, boolean notIdeal) {
        int flags = (meshPeer ? MESH_PEER : 0) | (prober ? PROBER : 0) | (notIdeal ? NOT_IDEAL : 0);
        return flags == 0 ? REGULAR : flags;
    }
}
