package io.fleetscale.wire.key;

/** Tailnet-lock public key (Ed25519). Source: tailscale types/key/nl.go. */
public record LockKey(Bytes32 raw) {
    public static final String PREFIX = "nlpub:";
    public static final LockKey ZERO = new LockKey(Bytes32.ZERO);

    /**
     * Reads {@code nlpub:} and 64 hex digits.
     *
     * @throws IllegalArgumentException if the prefix, the length or a digit is wrong; the text is not echoed
     */
    public static LockKey fromText(String text) {
        return new LockKey(KeyText.parse(PREFIX, text));
    }

    /** Copies exactly 32 bytes. */
    public static LockKey of(byte[] bytes) {
        return new LockKey(Bytes32.of(bytes));
    }

    public boolean isZero() {
        return raw.isZero();
    }

    /** The form for logs: the first five base64 characters in brackets. */
    public String toShortText() {
        return KeyText.brief(raw);
    }

    @Override
    public String toString() {
        return PREFIX + raw.toHex();
    }
}
