package io.fleetscale.wire.key;

/** Challenge of one Noise connection. Source: tailscale types/key/chal.go. */
public record ChallengeKey(Bytes32 raw) {
    public static final String PREFIX = "chalpub:";
    public static final ChallengeKey ZERO = new ChallengeKey(Bytes32.ZERO);

    /**
     * Reads {@code chalpub:} and 64 hex digits.
     *
     * @throws IllegalArgumentException if the prefix, the length or a digit is wrong; the text is not echoed
     */
    public static ChallengeKey fromText(String text) {
        return new ChallengeKey(KeyText.parse(PREFIX, text));
    }

    /** Copies exactly 32 bytes. */
    public static ChallengeKey of(byte[] bytes) {
        return new ChallengeKey(Bytes32.of(bytes));
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
