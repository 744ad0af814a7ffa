package io.fleetscale.loadtest.consistency;

/**
 * One call on a register: a write of a value that no other write has, or a read and the value that it found.
 *
 * @param invokedNanos before the request was sent; monotonic, one clock for all
 * @param returnedNanos after the answer was read; {@link #NEVER} for a write whose outcome is unknown
 */
public record Operation(Kind kind, String value, long invokedNanos, long returnedNanos) {
    /** The write may take effect at any time after its invocation, or never. */
    public static final long NEVER = Long.MAX_VALUE;

    /** What was called. */
    public enum Kind {
        READ,
        WRITE
    }

    public Operation {
        if (returnedNanos < invokedNanos) {
            throw new IllegalArgumentException(kind + " " + value + ": returned before it was invoked");
        }
    }

    public static Operation write(String value, long invokedNanos, long returnedNanos) {
        return new Operation(Kind.WRITE, value, invokedNanos, returnedNanos);
    }

    public static Operation read(String value, long invokedNanos, long returnedNanos) {
        return new Operation(Kind.READ, value, invokedNanos, returnedNanos);
    }

    boolean isWrite() {
        return kind == Kind.WRITE;
    }
}
