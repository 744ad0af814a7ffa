package io.fleetscale.control.secret;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the server's keys are kept.
 *
 * @param noiseKeyFile {@code privkey:} and 64 hex digits, headscale's form; mode 0600
 * @param macKeyFile 64 hex digits; mode 0600
 * @param keyEncryptionKeyFile when set, the keys are in the database, sealed under the key in this file (64 hex digits, or 32
 *     bytes as they are), and the other two files are only read once, to take over keys that were kept there
 */
public record KeyStorage(Path noiseKeyFile, Path macKeyFile, Optional<Path> keyEncryptionKeyFile) {
    /** Files in {@code directory}, without a key-encryption key. */
    public static KeyStorage inDirectory(Path directory) {
        return new KeyStorage(
                directory.resolve("noise_private.key"), directory.resolve("secret_mac.key"), Optional.empty());
    }
}
