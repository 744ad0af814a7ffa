package io.fleetscale.wire.derp;

/** Why a PeerGone frame is sent. Source: tailscale derp/derp.go, PeerGoneReasonType. */
public enum PeerGoneReason {
    /** The last connection of the peer in this region ended. */
    DISCONNECTED(0),
    /** The relay knows no such peer. */
    NOT_HERE(1);

    private final int code;

    PeerGoneReason(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
