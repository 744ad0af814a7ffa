package io.fleetscale.control.secret;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals small values that leave the server and come back, or that lie in the database: AES-256-GCM under a key that every
 * instance derives from the common key of {@link SecretMac}. What was sealed for one purpose does not open for another.
 * Thread-safe.
 */
public final class Sealer {
    /** Longest value that is sealed or opened, in bytes. */
    public static final int MAX_BYTES = 64 * 1024;

    private static final String DERIVATION = "fleetscale sealing key: ";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecretKeySpec key;
    private final SecureRandom random;

    private Sealer(SecretKeySpec key, SecureRandom random) {
        this.key = key;
        this.random = random;
    }

    /** @param purpose tells this use from all others; never change it for values that are still around */
    public static Sealer derive(SecretMac mac, String purpose, SecureRandom random) {
        return new Sealer(new SecretKeySpec(mac.mac(DERIVATION + purpose).toArray(), "AES"), random);
    }

    public byte[] seal(byte[] value) {
        if (value.length > MAX_BYTES) {
            throw new IllegalArgumentException("value to seal: " + value.length + " bytes, at most " + MAX_BYTES);
        }
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(value);
            return ByteBuffer.allocate(NONCE_BYTES + sealed.length)
                    .put(nonce)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    /** The value; empty when this was not sealed by us for this purpose. */
    public Optional<byte[]> open(byte[] sealed) {
        if (sealed.length <= NONCE_BYTES || sealed.length > MAX_BYTES + NONCE_BYTES + TAG_BITS / Byte.SIZE) {
            return Optional.empty();
        }
        try {
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, Arrays.copyOf(sealed, NONCE_BYTES));
            return Optional.of(cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES));
        } catch (AEADBadTagException e) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    /** {@link #seal} as text of the base64url alphabet. */
    public String sealText(String value) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(seal(value.getBytes(StandardCharsets.UTF_8)));
    }

    /** Opens what {@link #sealText} made. */
    public Optional<String> openText(String sealed) {
        if (sealed.length() > 2 * MAX_BYTES) {
            return Optional.empty();
        }
        try {
            return open(Base64.getUrlDecoder().decode(sealed)).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }

    @Override
    public String toString() {
        return "Sealer";
    }
}
