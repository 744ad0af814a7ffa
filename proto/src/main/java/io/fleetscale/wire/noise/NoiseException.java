package io.fleetscale.wire.noise;

/**
 * The other side broke the protocol. Carries no stack trace: it is made for every bad connection. The message names
 * lengths and steps, never bytes of the peer.
 */
public final class NoiseException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What went wrong, for metrics and for the answer. */
    public enum Reason {
        /** Type byte or length is not what this step of the protocol has; a server answers an error message. */
        MALFORMED,
        /** A low-order point or a tag that does not fit; the connection closes without a word. */
        CRYPTO,
        /** The server refused in clear text; the message is that text. */
        REFUSED,
        /** 2^64 - 1 records were sealed with one key. */
        EXHAUSTED
    }

    private final Reason reason;

    NoiseException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    static NoiseException malformed(String message) {
        return new NoiseException(Reason.MALFORMED, message);
    }

    static NoiseException crypto(String message) {
        return new NoiseException(Reason.CRYPTO, message);
    }

    public Reason reason() {
        return reason;
    }
}
