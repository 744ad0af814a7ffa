package io.fleetscale.control.secret;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.wire.key.Bytes32;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * MACs of credentials under the keys that are good now ({@link CredentialMacKeys}): new ones under the newest that all instances know,
 * comparisons with each. Looks for changed keys every few seconds; while the database is away the keys stay as they were.
 * Thread-safe.
 */
public final class CredentialMacs implements SecretMac, MeterBinder, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CredentialMacs.class);
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final double SECONDS_PER_DAY = 86_400;

    private final Database database;
    private final SecretMac first;
    private final InstantSource clock;
    private final Thread thread = Thread.ofVirtual().name("credential-macs").unstarted(this::run);
    private volatile List<CredentialMacKeys.Key> keys;

    private CredentialMacs(Database database, SecretMac first, InstantSource clock, List<CredentialMacKeys.Key> keys) {
        this.database = database;
        this.first = first;
        this.clock = clock;
        this.keys = keys;
    }

    /**
     * Reads the keys.
     *
     * @param first the server's own key
     * @throws DatabaseException if the database fails
     */
    public static CredentialMacs load(Database database, SecretMac first, InstantSource clock) {
        try {
            return new CredentialMacs(database, first, clock, read(database, first));
        } catch (SQLException e) {
            throw new DatabaseException(
                    DatabaseException.Fault.UNREACHABLE,
                    "the keys of credentials cannot be read (" + DatabaseFaults.reason(e) + ")",
                    "check the database's log",
                    e);
        }
    }

    private static List<CredentialMacKeys.Key> read(Database database, SecretMac first) throws SQLException {
        try (Connection connection = database.read()) {
            return List.copyOf(CredentialMacKeys.read(connection, first));
        }
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(PERIOD);
                refresh();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks for changed keys now. */
    void refresh() {
        try {
            List<CredentialMacKeys.Key> now = read(database, first);
            List<Integer> numbers = numbers(now);
            if (!numbers.equals(numbers(keys))) {
                LOG.atInfo().addKeyValue("numbers", numbers).log("Keys of credentials have changed");
            }
            keys = now;
        } catch (SQLException e) {
            LOG.atDebug().addKeyValue("reason", DatabaseFaults.reason(e)).log("Keys of credentials were not read");
        } catch (KeyException e) {
            LOG.atError().addKeyValue("reason", e.getMessage()).log("A key of credentials cannot be used");
        }
    }

    private static List<Integer> numbers(List<CredentialMacKeys.Key> keys) {
        return keys.stream().map(CredentialMacKeys.Key::number).toList();
    }

    @Override
    public Bytes32 mac(String secret) {
        return making(keys).mac().mac(secret);
    }

    /** The newest that all know; a lone one is known to all, whatever its age. */
    private static CredentialMacKeys.Key making(List<CredentialMacKeys.Key> keys) {
        for (CredentialMacKeys.Key key : keys.reversed()) {
            if (key.settled()) {
                return key;
            }
        }
        return keys.getFirst();
    }

    @Override
    public boolean matches(String secret, Bytes32 mac) {
        boolean matches = false;
        for (CredentialMacKeys.Key key : keys) {
            matches |= key.mac().matches(secret, mac);
        }
        return matches;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("control.credential.mac.keys", this, macs -> macs.keys.size())
                .description("Keys under which secrets of credentials are good; more than one during a rotation")
                .register(registry);
        Gauge.builder("control.key.age.days", this, CredentialMacs::ageInDays)
                .tag("key", "credential-mac")
                .description("Days since the key was made")
                .register(registry);
    }

    private double ageInDays() {
        Instant made = keys.getLast().made();
        return Duration.between(made, clock.instant()).toSeconds() / SECONDS_PER_DAY;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    @Override
    public String toString() {
        return "CredentialMacs" + numbers(keys);
    }
}
