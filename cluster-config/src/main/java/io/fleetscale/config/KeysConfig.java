package io.fleetscale.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The server's own keys.
 *
 * @param noisePrivateKeyPath the Noise key, written with a fresh one (mode 0600) when absent; null when it was not
 *     given, which is a problem
 * @param encryptionKeyPath a file with the key-encryption key; null when the server's keys are kept unencrypted
 */
public record KeysConfig(
        @Nullable Path noisePrivateKeyPath, @Nullable Path encryptionKeyPath) {
    private static final KeysConfig DEFAULTS = new KeysConfig(null, null);

    public static KeysConfig defaults() {
        return DEFAULTS;
    }

    static KeysConfig read(Settings in) {
        return new KeysConfig(
                in.path("noise.private_key_path", DEFAULTS.noisePrivateKeyPath),
                in.path("keys.encryption_key_path", DEFAULTS.encryptionKeyPath));
    }

    public List<ConfigProblem> validate() {
        if (noisePrivateKeyPath != null) {
            return List.of();
        }
        return List.of(ConfigProblem.error(
                "noise.private_key_path",
                null,
                "is missing",
                "write a path; a fresh key is written there on the first start"));
    }
}
