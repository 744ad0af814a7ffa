package io.fleetscale.control.secret;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM under the key-encryption key. A sealed key is a form byte, the nonce (12 bytes), the ciphertext and its tag;
 * the key's name is authenticated with it, so that one sealed key cannot stand in for another.
 */
final class KeySeal {
    private static final byte FORM = 1;
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int MAX_FILE_BYTES = 4_096;

    private final Path file;
    private final SecretKeySpec key;
    private final SecureRandom random;

    private KeySeal(Path file, SecretKeySpec key, SecureRandom random) {
        this.file = file;
        this.key = key;
        this.random = random;
    }

    static KeySeal fromFile(Path file, SecureRandom random) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw unusable(file);
            }
            byte[] content = Files.readAllBytes(file);
            byte[] raw = content.length == KEY_BYTES
                    ? content
                    : HexFormat.of().parseHex(new String(content, StandardCharsets.US_ASCII).strip());
            if (raw.length != KEY_BYTES) {
                throw unusable(file);
            }
            return new KeySeal(file, new SecretKeySpec(raw, "AES"), random);
        } catch (IOException e) {
            throw new KeyException(
                    "key-encryption key file " + file + " cannot be read: check the path and its mode", e);
        } catch (IllegalArgumentException e) {
            throw unusable(file);
        }
    }

    private static KeyException unusable(Path file) {
        return new KeyException("key-encryption key file " + file
                + " holds no key: write 64 hex digits (openssl rand -hex 32) or 32 bytes into it");
    }

    byte[] seal(String name, byte[] secret) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, name).doFinal(secret);
            return ByteBuffer.allocate(1 + NONCE_BYTES + sealed.length)
                    .put(FORM)
                    .put(nonce)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    byte[] open(String name, byte[] sealed) {
        if (sealed.length <= 1 + NONCE_BYTES || sealed[0] != FORM) {
            throw new KeyException(
                    "server key " + name + " is stored in a form that this release does not know: upgrade");
        }
        ByteBuffer buffer = ByteBuffer.wrap(sealed, 1, sealed.length - 1);
        byte[] nonce = new byte[NONCE_BYTES];
        buffer.get(nonce);
        byte[] ciphertext = new byte[buffer.remaining()];
        buffer.get(ciphertext);
        try {
            return cipher(Cipher.DECRYPT_MODE, nonce, name).doFinal(ciphertext);
        } catch (AEADBadTagException e) {
            throw new KeyException(
                    "key-encryption key file " + file + " does not open server key " + name
                            + ": give this instance the file that the others have",
                    e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String name) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(name.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    @Override
    public String toString() {
        return "KeySeal[" + file + "]";
    }
}
