package io.fleetscale.control.secret;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM under the key-encryption key. A sealed key is a form byte, the nonce (12 bytes), the ciphertext and its tag;
 * the key's name is authenticated with it, so that one sealed key cannot stand in for another. While the key-encryption key is
 * changed the file holds several, one a line: the first seals, each opens.
 */
final class KeySeal {
    static final int MOST_KEYS = 4;

    private static final byte FORM = 1;
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int MAX_FILE_BYTES = 4_096;

    private final Path file;
    private final List<SecretKeySpec> keys;
    private final SecureRandom random;

    private KeySeal(Path file, List<SecretKeySpec> keys, SecureRandom random) {
        this.file = file;
        this.keys = List.copyOf(keys);
        this.random = random;
    }

    static KeySeal fromFile(Path file, SecureRandom random) {
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw unusable(file);
            }
            byte[] content = Files.readAllBytes(file);
            if (content.length == KEY_BYTES) {
                return new KeySeal(file, List.of(new SecretKeySpec(content, "AES")), random);
            }
            List<SecretKeySpec> keys = new ArrayList<>();
            for (String line : lines(content)) {
                byte[] raw = HexFormat.of().parseHex(line);
                if (raw.length != KEY_BYTES) {
                    throw unusable(file);
                }
                keys.add(new SecretKeySpec(raw, "AES"));
            }
            if (keys.isEmpty() || keys.size() > MOST_KEYS) {
                throw unusable(file);
            }
            return new KeySeal(file, keys, random);
        } catch (IOException e) {
            throw new KeyException(
                    "key-encryption key file " + file + " cannot be read: check the path and its mode", e);
        } catch (IllegalArgumentException e) {
            throw unusable(file);
        }
    }

    private static List<String> lines(byte[] content) {
        return new String(content, StandardCharsets.US_ASCII)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }

    /**
     * The file's text with a fresh key before those that are there.
     *
     * @throws KeyException if it holds two keys or more: one that is changed already
     */
    static String withFreshKey(Path file, SecureRandom random) throws IOException {
        KeySeal now = fromFile(file, random);
        if (now.keys.size() > 1) {
            throw new KeyException("key-encryption key file " + file
                    + " holds two keys: a rotation is under way; end it with --finish");
        }
        byte[] fresh = new byte[KEY_BYTES];
        random.nextBytes(fresh);
        return HexFormat.of().formatHex(fresh) + "\n"
                + HexFormat.of().formatHex(now.keys.getFirst().getEncoded()) + "\n";
    }

    /** The file's text with its first key alone. */
    String firstAlone() {
        return HexFormat.of().formatHex(keys.getFirst().getEncoded()) + "\n";
    }

    boolean isRotating() {
        return keys.size() > 1;
    }

    private static KeyException unusable(Path file) {
        return new KeyException("key-encryption key file " + file
                + " holds no key: write 64 hex digits (openssl rand -hex 32) or 32 bytes into it");
    }

    byte[] seal(String name, byte[] secret) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed =
                    cipher(Cipher.ENCRYPT_MODE, keys.getFirst(), nonce, name).doFinal(secret);
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
        byte[] nonce = Arrays.copyOfRange(sealed, 1, 1 + NONCE_BYTES);
        for (SecretKeySpec key : keys) {
            try {
                return cipher(Cipher.DECRYPT_MODE, key, nonce, name)
                        .doFinal(sealed, 1 + NONCE_BYTES, sealed.length - 1 - NONCE_BYTES);
            } catch (AEADBadTagException e) {
                // perhaps the next one
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every Java platform has AES-GCM", e);
            }
        }
        throw new KeyException("key-encryption key file " + file + " does not open server key " + name
                + ": give this instance the file that the others have");
    }

    private static Cipher cipher(int mode, SecretKeySpec key, byte[] nonce, String name)
            throws GeneralSecurityException {
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
