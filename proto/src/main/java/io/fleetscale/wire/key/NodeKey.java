package io.fleetscale.wire.key;

/** Identifies a login of a node: its WireGuard public key, which rotates. Source: tailscale types/key/node.go. */
public record NodeKey(Bytes32 raw) {
    public static final String PREFIX = "nodekey:";
    public static final NodeKey ZERO = new NodeKey(Bytes32.ZERO);

    /**
     * Reads {@code nodekey:} and 64 hex digits.
     *
     * @throws IllegalArgumentException if the prefix, the length or a digit is wrong; the text is not echoed
     */
    public static NodeKey fromText(String text) {
        return new NodeKey(KeyText.parse(PREFIX, text));
    }

    /** Copies exactly 32 bytes. */
    public static NodeKey of(byte[] bytes) {
        return new NodeKey(Bytes32.of(bytes));
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
