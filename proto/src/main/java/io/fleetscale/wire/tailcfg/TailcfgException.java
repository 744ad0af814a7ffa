package io.fleetscale.wire.tailcfg;

/** A message that Go would refuse, or that exceeds a limit. The text names field and reason and repeats nothing of the message. */
public final class TailcfgException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TailcfgException(String message) {
        super(message);
    }
}
