package io.fleetscale.control.boot;

import io.fleetscale.config.ServerConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where an instance keeps what is not in the database.
 *
 * @param noiseKey the server's Noise key, unless keys are sealed in the database
 * @param secretMacKey the key under which secrets of credentials are stored, likewise
 * @param encryptionKey key-encryption key; absent: keys lie in files of mode 0600
 * @param relayKey the embedded relay's key
 * @param relayDirectory the embedded relay's certificate
 * @param gridWork files that Ignite insists on; holds nothing that must survive
 */
record StatePaths(
        Path noiseKey,
        Path secretMacKey,
        @Nullable Path encryptionKey,
        Path relayKey,
        Path relayDirectory,
        Path gridWork) {

    /** All below one directory. */
    static StatePaths below(Path directory) {
        return new StatePaths(
                directory.resolve("noise_private.key"),
                directory.resolve("secret_mac.key"),
                null,
                directory.resolve("derp_server_private.key"),
                directory.resolve("relay"),
                directory.resolve("grid"));
    }

    /** As the configuration has them; what it does not name lies beside the Noise key. */
    static StatePaths of(ServerConfig config) {
        Path noiseKey = config.keys().noisePrivateKeyPath();
        if (noiseKey == null) {
            throw new IllegalStateException("a checked configuration names noise.private_key_path");
        }
        Path parent = noiseKey.toAbsolutePath().getParent();
        StatePaths beside = below(parent == null ? Path.of("/") : parent);
        Path relayKey = config.derp().relay().privateKeyPath();
        return new StatePaths(
                noiseKey,
                beside.secretMacKey,
                config.keys().encryptionKeyPath(),
                relayKey == null ? beside.relayKey : relayKey,
                beside.relayDirectory,
                beside.gridWork.resolve(config.cluster().instance()));
    }
}
