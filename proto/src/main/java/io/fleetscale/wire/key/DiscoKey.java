package io.fleetscale.wire.key;

/** Path discovery key of a running client; new at each start. Source: tailscale types/key/disco.go. */
public record DiscoKey(Bytes32 raw) {
    public static final String PREFIX = "discokey:";
    public static final DiscoKey ZERO = new DiscoKey(Bytes32.ZERO);

    /**
     * Reads {@code discokey:} and 64 hex digits.
     *
     * @throws IllegalArgumentException if the prefix, the length or a digit is wrong; the text is not echoed
     */
    public static DiscoKey fromText(String text) {
        return new DiscoKey(KeyText.parse(PREFIX, text));
    }

    /** Copies exactly 32 bytes. */
    public static DiscoKey of(byte[] bytes) {
        return new DiscoKey(Bytes32.of(bytes));
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
