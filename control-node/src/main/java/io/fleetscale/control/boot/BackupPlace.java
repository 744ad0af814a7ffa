package io.fleetscale.control.boot;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.config.PostgresConfig;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.backup.KeyFiles;
import io.fleetscale.control.cli.CliFailure;
import io.fleetscale.control.cli.Invocation;
import io.fleetscale.control.database.DatabaseConfig;
import io.fleetscale.control.database.embedded.DataDirectoryLock;
import io.fleetscale.control.database.embedded.EmbeddedPostgres;
import io.fleetscale.control.dev.DevRelays;
import io.fleetscale.control.secret.KeyStorage;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is backed up, or restored into: the database and key files of a configuration, or those of {@code dev} in a data directory,
 * whose PostgreSQL is started for that time if it does not run. Closing it stops what it started.
 */
final class BackupPlace implements AutoCloseable {
    static final String NOISE_KEY = "noise_private.key";
    static final String MAC_KEY = "secret_mac.key";
    static final String ENCRYPTION_KEY = "encryption.key";
    private static final String RELAY_KEY = "derp_server_private.key";
    private static final String RELAY_TOKEN = "relay.token";
    private static final String CREDENTIALS = "credentials.json";

    private final DatabaseConfig database;
    private final Map<String, Path> keys;
    private final @Nullable EmbeddedPostgres started;
    private final @Nullable DataDirectoryLock lock;

    private BackupPlace(
            DatabaseConfig database,
            Map<String, Path> keys,
            @Nullable EmbeddedPostgres started,
            @Nullable DataDirectoryLock lock) {
        this.database = database;
        this.keys = keys;
        this.started = started;
        this.lock = lock;
    }

    /** To read from: {@code dev} may run. */
    static BackupPlace source(Invocation call) throws IOException {
        if (!call.has("--data")) {
            return configured(call);
        }
        Path data = DevOptions.data(call);
        if (!Files.isDirectory(data.resolve("postgres"))) {
            throw new CliFailure("--data " + data + ": no \"dev\" has ever run there");
        }
        Optional<DatabaseConfig> running = EmbeddedPostgres.running(data.resolve("postgres"));
        return running.isPresent() ? new BackupPlace(running.get(), devKeys(data), null, null) : taken(data);
    }

    /** To write to: {@code dev} must not run; the directory is made if it is not there. */
    static BackupPlace target(Invocation call) throws IOException {
        return call.has("--data") ? taken(DevOptions.data(call)) : configured(call);
    }

    private static BackupPlace taken(Path data) {
        DataDirectoryLock lock = DataDirectoryLock.take(data);
        EmbeddedPostgres postgres = new EmbeddedPostgres(data.resolve("postgres"));
        try {
            return new BackupPlace(postgres.start(), devKeys(data), postgres, lock);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static BackupPlace configured(Invocation call) {
        ServerConfig config = ConfigLoader.ofProcess().load(call.config()).config();
        PostgresConfig postgres = config.database().postgres();
        if (!postgres.validate().isEmpty()) {
            throw new CliFailure(
                    "the database's settings are needed: name the configuration file with -c, or the directory"
                            + " of \"dev\" with --data (" + postgres.validate().getFirst() + ")");
        }
        Map<String, Path> keys = new LinkedHashMap<>();
        if (config.keys().noisePrivateKeyPath() != null) {
            StatePaths paths = StatePaths.of(config);
            keys.put(NOISE_KEY, paths.noiseKey());
            keys.put(MAC_KEY, paths.secretMacKey());
            keys.put(RELAY_KEY, paths.relayKey());
            put(keys, ENCRYPTION_KEY, paths.encryptionKey());
            put(keys, RELAY_TOKEN, config.derp().relayTokenPath());
        }
        return new BackupPlace(ServeCommand.database(postgres), keys, null, null);
    }

    private static void put(Map<String, Path> keys, String name, @Nullable Path file) {
        if (file != null) {
            keys.put(name, file);
        }
    }

    private static Map<String, Path> devKeys(Path data) {
        StatePaths paths = StatePaths.below(data);
        Map<String, Path> keys = new LinkedHashMap<>();
        keys.put(NOISE_KEY, paths.noiseKey());
        keys.put(MAC_KEY, paths.secretMacKey());
        keys.put(RELAY_KEY, paths.relayKey());
        keys.put(RELAY_TOKEN, DevRelays.tokenFile(data));
        keys.put(CREDENTIALS, data.resolve(CREDENTIALS));
        keys.put(
                CertificateAuthority.CERTIFICATE_FILE,
                data.resolve("ca").resolve(CertificateAuthority.CERTIFICATE_FILE));
        keys.put(CertificateAuthority.KEY_FILE, data.resolve("ca").resolve(CertificateAuthority.KEY_FILE));
        return keys;
    }

    DatabaseConfig database() {
        return database;
    }

    KeyFiles keys() {
        return new KeyFiles(keys);
    }

    /** Whether this place says where keys are. */
    boolean namesKeys() {
        return keys.containsKey(NOISE_KEY);
    }

    /** The server's keys where they lie now. */
    KeyStorage keyStorage() {
        try (KeyFiles.Staged none = keys().stage(Map.of())) {
            return keyStorage(none);
        } catch (IOException e) {
            throw new IllegalStateException("nothing was staged", e);
        }
    }

    /** The server's keys as they are once {@code staged} is in place. */
    KeyStorage keyStorage(KeyFiles.Staged staged) {
        return new KeyStorage(
                staged.now(NOISE_KEY),
                staged.now(MAC_KEY),
                keys.containsKey(ENCRYPTION_KEY) ? Optional.of(staged.now(ENCRYPTION_KEY)) : Optional.empty());
    }

    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
        if (lock != null) {
            lock.close();
        }
    }
}
