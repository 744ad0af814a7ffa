package io.fleetscale.control.secret;

import io.fleetscale.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Changes the key-encryption key while instances run: they read it at their start only. {@link #begin} puts a fresh key before
 * the old one into the file, which then goes to all instances; {@link #finish} seals the server's keys anew, under the fresh one,
 * and takes the old one out of the file. In between an instance starts with either file that holds the old key; afterwards with
 * any that holds the new one. Stateless; blocks.
 */
public final class KeyEncryptionRotation {
    private KeyEncryptionRotation() {}

    /** @throws KeyException if the file holds no key, or a rotation is under way */
    public static void begin(Path file) throws IOException {
        AtomicFiles.writeText(file, KeySeal.withFreshKey(file, new SecureRandom()), AtomicFiles.OWNER_ONLY);
    }

    /**
     * @return how many keys were sealed anew
     * @throws KeyException if the file holds one key only, or none opens a key of the database; nothing is changed then
     */
    public static int finish(Path file, Connection connection) throws IOException, SQLException {
        KeySeal seal = KeySeal.fromFile(file, new SecureRandom());
        if (!seal.isRotating()) {
            throw new KeyException("key-encryption key file " + file + " holds one key: begin a rotation first");
        }
        connection.setAutoCommit(false);
        try {
            ServerKeys.lock(connection);
            Map<String, byte[]> sealed = new LinkedHashMap<>();
            try (PreparedStatement select = connection.prepareStatement(
                            "SELECT name, sealed_value FROM server_keys WHERE sealed_value IS NOT NULL ORDER BY name");
                    ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    sealed.put(row.getString(1), row.getBytes(2));
                }
            }
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE server_keys SET sealed_value = ? WHERE name = ?")) {
                for (Map.Entry<String, byte[]> key : sealed.entrySet()) {
                    update.setBytes(1, seal.seal(key.getKey(), seal.open(key.getKey(), key.getValue())));
                    update.setString(2, key.getKey());
                    update.executeUpdate();
                }
            }
            connection.commit();
            // the old key is given up once nothing needs it, not before
            AtomicFiles.writeText(file, seal.firstAlone(), AtomicFiles.OWNER_ONLY);
            return sealed.size();
        } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }
}
