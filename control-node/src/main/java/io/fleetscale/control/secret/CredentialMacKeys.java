package io.fleetscale.control.secret;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Table {@code credential_mac_keys}: under which keys secrets of credentials are kept, and how that is changed. A rotation adds a
 * key; all instances see it within seconds, and make new MACs under it once {@link #SETTLING} has passed. Its end takes the
 * older keys away. Stateless; works on the caller's connection.
 */
public final class CredentialMacKeys {
    /** After this time every live instance has seen a new key, many times over. */
    public static final Duration SETTLING = Duration.ofMinutes(1);

    /** When instances have certainly begun to make MACs under a key, whenever they looked last. */
    private static final Duration SETTLED = SETTLING.plusSeconds(15);

    private static final int KEY_BYTES = 32;

    private CredentialMacKeys() {}

    /**
     * A key that is good.
     *
     * @param settled whether all instances know it, by the clock of the database
     */
    record Key(int number, SecretMac mac, Instant made, boolean settled) {}

    /** All good keys, the oldest first. */
    static List<Key> read(Connection connection, SecretMac first) throws SQLException {
        List<Key> keys = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT number, sealed, made,"
                + " made <= clock_timestamp() - make_interval(secs => ?) FROM credential_mac_keys ORDER BY number")) {
            select.setDouble(1, (double) SETTLING.toSeconds());
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    int number = row.getInt(1);
                    keys.add(new Key(
                            number,
                            number == 0 ? first : new HmacSecretMac(open(first, number, row.getBytes(2))),
                            row.getObject(3, OffsetDateTime.class).toInstant(),
                            number == 0 || row.getBoolean(4)));
                }
            }
        }
        if (keys.isEmpty()) {
            throw new KeyException("table credential_mac_keys is empty: restore the database");
        }
        return keys;
    }

    /**
     * Adds a key.
     *
     * @param first the server's own key
     * @return its number
     * @throws ControlException FAILED_PRECONDITION when a rotation is under way
     */
    public static int begin(Connection connection, SecretMac first, SecureRandom random) throws SQLException {
        List<Key> keys = read(connection, first);
        if (keys.size() > 1) {
            throw new ControlException(
                    ErrorCode.FAILED_PRECONDITION, "two keys are good already: end that rotation with --finish");
        }
        int number = keys.getLast().number() + 1;
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(key);
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO credential_mac_keys (number, sealed) VALUES (?, ?)")) {
            insert.setInt(1, number);
            insert.setBytes(2, sealer(first, number, random).seal(key));
            insert.executeUpdate();
        }
        return number;
    }

    /**
     * Since when instances make MACs under the newest key: what is older is under one that {@link #finish} takes away.
     *
     * @throws ControlException FAILED_PRECONDITION when no rotation is under way, or it began a moment ago
     */
    public static Instant newSince(Connection connection, SecretMac first) throws SQLException {
        List<Key> keys = read(connection, first);
        if (keys.size() < 2) {
            throw new ControlException(ErrorCode.FAILED_PRECONDITION, "one key is good: begin a rotation first");
        }
        Instant since = keys.getLast().made().plus(SETTLED);
        try (PreparedStatement select = connection.prepareStatement("SELECT clock_timestamp()");
                ResultSet row = select.executeQuery()) {
            row.next();
            if (row.getObject(1, OffsetDateTime.class).toInstant().isBefore(since)) {
                throw new ControlException(
                        ErrorCode.FAILED_PRECONDITION,
                        "the new key is not in use everywhere before " + since + ": wait until then");
            }
        }
        return since;
    }

    /** Takes all keys away but the newest. */
    public static int finish(Connection connection) throws SQLException {
        try (PreparedStatement delete = connection.prepareStatement(
                "DELETE FROM credential_mac_keys WHERE number <" + " (SELECT max(number) FROM credential_mac_keys)")) {
            return delete.executeUpdate();
        }
    }

    private static byte[] open(SecretMac first, int number, byte[] sealed) {
        return sealer(first, number, new SecureRandom())
                .open(sealed)
                .orElseThrow(() -> new KeyException("MAC key " + number
                        + " in the database is not of this server: give this instance the keys that the others have"));
    }

    private static Sealer sealer(SecretMac first, int number, SecureRandom random) {
        return Sealer.derive(first, "credential MAC key " + number, random);
    }
}
