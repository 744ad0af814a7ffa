package io.fleetscale.wire.derp;

/** A violation of the frame protocol. Has no stack trace, because its cause is on the other side of the wire. */
public final class FrameException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FrameFault fault;

    public FrameException(FrameFault fault, String message) {
        super(message, null, false, false);
        this.fault = fault;
    }

    public FrameFault fault() {
        return fault;
    }
}
