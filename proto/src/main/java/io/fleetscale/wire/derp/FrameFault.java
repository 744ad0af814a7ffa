package io.fleetscale.wire.derp;

/** What a node did wrong on the frame stream; every fault ends its connection. */
public enum FrameFault {
    /** The first frame is not a ClientInfo. */
    NO_GREETING,
    /** The length does not fit the type of the frame. */
    BAD_LENGTH,
    /** More bytes arrived behind the greeting than are held back until admission. */
    TOO_MUCH_BEFORE_ADMISSION,
    /** The key of the greeting is zero or a point of low order. */
    BAD_KEY,
    /** The box of the greeting does not open. */
    BAD_BOX,
    /** The opened greeting is not the JSON object that is expected. */
    BAD_CLIENT_INFO,
    /** A frame that only mesh links may send. */
    NO_MESH_RIGHT
}
