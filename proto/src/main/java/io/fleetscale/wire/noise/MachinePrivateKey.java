package io.fleetscale.wire.noise;

import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc7748.X25519;

/**
 * Private half of a {@link MachineKey}: the static Noise key of a server or of a client. Prints {@code
 * privkey:redacted}; {@link #toSecretText} gives the form for a key file. Immutable, thread-safe.
 *
 * <p>Source: tailscale types/key/machine.go.
 */
public final class MachinePrivateKey {
    public static final String PREFIX = "privkey:";

    private final byte[] raw;
    private final MachineKey publicKey;

    private MachinePrivateKey(byte[] raw) {
        this.raw = raw;
        byte[] point = new byte[NoiseFormat.KEY_LENGTH];
        X25519.generatePublicKey(raw, 0, point, 0);
        this.publicKey = MachineKey.of(point);
    }

    /** Makes a new clamped key. */
    public static MachinePrivateKey generate(SecureRandom random) {
        byte[] raw = new byte[NoiseFormat.KEY_LENGTH];
        X25519.generatePrivateKey(random, raw);
        return new MachinePrivateKey(raw);
    }

    /**
     * Copies 32 bytes.
     *
     * @throws IllegalArgumentException if there are more or fewer, or all are zero
     */
    public static MachinePrivateKey of(byte[] bytes) {
        Bytes32 copy = Bytes32.of(bytes);
        if (copy.isZero()) {
            throw new IllegalArgumentException("a private key is never all zeros");
        }
        return new MachinePrivateKey(copy.toArray());
    }

    /**
     * Reads {@code privkey:} and 64 hex digits.
     *
     * @throws IllegalArgumentException if the prefix, the length or a digit is wrong; the text is not echoed
     */
    public static MachinePrivateKey fromText(String text) {
        if (!text.startsWith(PREFIX)) {
            throw new IllegalArgumentException("a private key starts with \"" + PREFIX + "\"");
        }
        if (text.length() != PREFIX.length() + 2 * NoiseFormat.KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "a private key has 64 hex digits, not " + (text.length() - PREFIX.length()));
        }
        for (int i = PREFIX.length(); i < text.length(); i++) {
            if (!HexFormat.isHexDigit(text.charAt(i))) {
                throw new IllegalArgumentException(
                        "a private key has hex digits only; digit " + (i - PREFIX.length() + 1) + " is none");
            }
        }
        return of(HexFormat.of().parseHex(text, PREFIX.length(), text.length()));
    }

    public MachineKey publicKey() {
        return publicKey;
    }

    /** The secret in the form that {@link #fromText} reads; for key files only. */
    public String toSecretText() {
        return PREFIX + HexFormat.of().formatHex(raw);
    }

    /** X25519 of this key and {@code point}; a point of low order is a {@link NoiseException}. */
    byte[] agree(byte[] point, int offset) throws NoiseException {
        byte[] shared = new byte[NoiseFormat.KEY_LENGTH];
        if (!X25519.calculateAgreement(raw, 0, point, offset, shared, 0)) {
            throw NoiseException.crypto("public key of low order");
        }
        return shared;
    }

    @Override
    public String toString() {
        return PREFIX + "redacted";
    }
}
