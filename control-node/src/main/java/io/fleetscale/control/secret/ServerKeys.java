package io.fleetscale.control.secret;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.wire.noise.MachinePrivateKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that all instances of a tailnet share: the Noise private key, by which clients know the server, and the key of
 * {@link SecretMac}. The first instance makes them; the database keeps their fingerprints, and an instance that holds
 * another key is refused. Immutable, thread-safe.
 */
public final class ServerKeys {
    private static final Logger log = LoggerFactory.getLogger(ServerKeys.class);
    private static final String NOISE = "noise";
    private static final String MAC = "secret-mac";
    private static final int MAC_KEY_BYTES = 32;
    private static final long ADVISORY_LOCK = 0x666c_6565_746b_6579L;

    private final MachinePrivateKey noiseKey;
    private final SecretMac secretMac;

    private ServerKeys(MachinePrivateKey noiseKey, SecretMac secretMac) {
        this.noiseKey = noiseKey;
        this.secretMac = secretMac;
    }

    /**
     * Reads the keys, or makes them for a tailnet that has none.
     *
     * @throws KeyException if a key is missing, is not the one of this tailnet, or cannot be opened
     * @throws DatabaseException if the database fails
     */
    public static ServerKeys load(Database database, KeyStorage storage) {
        SecureRandom random = new SecureRandom();
        KeySeal seal = storage.keyEncryptionKeyFile()
                .map(file -> KeySeal.fromFile(file, random))
                .orElse(null);
        try (Connection connection = database.write()) {
            try {
                lock(connection);
                byte[] noise = new Loading(connection, NOISE, new KeyFile(storage.noiseKeyFile(), "privkey:"), seal)
                        .key(() -> HexFormat.of()
                                .parseHex(MachinePrivateKey.generate(random)
                                        .toSecretText()
                                        .substring(MachinePrivateKey.PREFIX.length())));
                byte[] mac = new Loading(connection, MAC, new KeyFile(storage.macKeyFile(), ""), seal).key(() -> {
                    byte[] key = new byte[MAC_KEY_BYTES];
                    random.nextBytes(key);
                    return key;
                });
                connection.commit();
                return new ServerKeys(MachinePrivateKey.of(noise), new HmacSecretMac(mac));
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        } catch (SQLException e) {
            throw new DatabaseException(
                    DatabaseException.Fault.UNREACHABLE,
                    "the server's keys cannot be read (" + DatabaseFaults.reason(e) + ")",
                    "check the database's log",
                    DatabaseFaults.withoutValues(e));
        }
    }

    /**
     * Compares the keys that an instance would load with what the database knows of them; changes nothing.
     *
     * @param connection its schema has the tables
     * @return a line for each key that the tailnet has and that is nowhere to be found
     * @throws KeyException if a key is not the one of this tailnet, or cannot be opened
     */
    public static List<String> missing(Connection connection, KeyStorage storage) throws SQLException {
        KeySeal seal = storage.keyEncryptionKeyFile()
                .filter(Files::exists)
                .map(file -> KeySeal.fromFile(file, new SecureRandom()))
                .orElse(null);
        List<String> missing = new ArrayList<>();
        new Loading(connection, NOISE, new KeyFile(storage.noiseKeyFile(), "privkey:"), seal).compare(missing);
        new Loading(connection, MAC, new KeyFile(storage.macKeyFile(), ""), seal).compare(missing);
        return missing;
    }

    public MachinePrivateKey noiseKey() {
        return noiseKey;
    }

    public SecretMac secretMac() {
        return secretMac;
    }

    @Override
    public String toString() {
        return "ServerKeys[" + noiseKey.publicKey() + "]";
    }

    /** One instance at a time makes or takes over keys. */
    static void lock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
            statement.setLong(1, ADVISORY_LOCK);
            statement.executeQuery().close();
        }
    }

    @FunctionalInterface
    private interface Maker {
        byte[] make();
    }

    private static byte[] fingerprint(String name, byte[] key) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(("fleetscale server key " + name + "\0").getBytes(StandardCharsets.US_ASCII));
            return digest.digest(key);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** How one key is found. */
    private static final class Loading {
        private final Connection connection;
        private final String name;
        private final KeyFile file;
        private final @Nullable KeySeal seal;
        private byte @Nullable [] storedFingerprint;
        private byte @Nullable [] storedSealed;

        Loading(Connection connection, String name, KeyFile file, @Nullable KeySeal seal) {
            this.connection = connection;
            this.name = name;
            this.file = file;
            this.seal = seal;
        }

        byte[] key(Maker maker) throws SQLException {
            readRow();
            byte[] sealed = storedSealed;
            if (sealed != null && seal != null) {
                return checked(seal.open(name, sealed), "the database");
            }
            byte[] fromFile = file.read();
            if (fromFile != null) {
                byte[] key = checked(fromFile, "file " + file.path());
                store(key);
                return key;
            }
            if (sealed != null) {
                throw new KeyException("server key " + name + " is sealed in the database, and this instance has no"
                        + " key-encryption key: configure the file that the others have");
            }
            if (storedFingerprint != null) {
                throw new KeyException("key file " + file.path() + " is missing, and this tailnet has a server key "
                        + name + " already: copy the file from another instance or from a backup");
            }
            byte[] key = maker.make();
            if (seal == null) {
                file.write(key);
            }
            store(key);
            log.atInfo().addKeyValue("key", name).log("A server key was made");
            return key;
        }

        void compare(List<String> missing) throws SQLException {
            readRow();
            byte[] sealed = storedSealed;
            if (storedFingerprint == null) {
                return;
            }
            byte[] fromFile = sealed != null && seal != null ? null : file.read();
            if (sealed != null && seal != null) {
                byte[] unused = checked(seal.open(name, sealed), "the database");
            } else if (fromFile != null) {
                byte[] unused = checked(fromFile, "file " + file.path());
            } else {
                missing.add(
                        sealed == null
                                ? "key file " + file.path() + " of server key " + name
                                : "the key-encryption key under which server key " + name
                                        + " is sealed (keys.encryption_key_path)");
            }
        }

        private byte[] checked(byte[] key, String where) {
            byte[] expected = storedFingerprint;
            if (expected != null && !MessageDigest.isEqual(expected, fingerprint(name, key))) {
                throw new KeyException("server key " + name + " in " + where + " is not the one of this tailnet"
                        + " (fingerprint " + HexFormat.of().formatHex(fingerprint(name, key), 0, 8) + ", expected "
                        + HexFormat.of().formatHex(expected, 0, 8)
                        + "): give all instances the same key, or this one another database");
            }
            return key;
        }

        private void readRow() throws SQLException {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT fingerprint, sealed_value FROM server_keys WHERE name = ?")) {
                statement.setString(1, name);
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        storedFingerprint = row.getBytes(1);
                        storedSealed = row.getBytes(2);
                    }
                }
            }
        }

        private void store(byte[] key) throws SQLException {
            if (storedFingerprint != null && (seal == null || storedSealed != null)) {
                return;
            }
            try (PreparedStatement statement = connection.prepareStatement("INSERT INTO server_keys (name, fingerprint,"
                    + " sealed_value) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET sealed_value ="
                    + " excluded.sealed_value")) {
                statement.setString(1, name);
                statement.setBytes(2, fingerprint(name, key));
                statement.setBytes(3, seal == null ? null : seal.seal(name, key));
                statement.executeUpdate();
            }
        }
    }
}
