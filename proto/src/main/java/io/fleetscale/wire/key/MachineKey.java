package io.fleetscale.wire.key;

/** Identifies a device: the Noise static key of its client. Source: tailscale types/key/machine.go. */
public record MachineKey(Bytes32 raw) {
    public static final String PREFIX = "mkey:";
    public static final MachineKey ZERO = new MachineKey(Bytes32.ZERO);

    /**
     * Reads {@code mkey:} and 64 hex digits.
     *
     * @throws IllegalArgumentException if the prefix, the length or a digit is wrong; the text is not echoed
     */
    public static MachineKey fromText(String text) {
        return new MachineKey(KeyText.parse(PREFIX, text));
    }

    /** Copies exactly 32 bytes. */
    public static MachineKey of(byte[] bytes) {
        return new MachineKey(Bytes32.of(bytes));
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
