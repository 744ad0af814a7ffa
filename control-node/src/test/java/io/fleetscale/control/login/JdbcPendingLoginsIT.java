package io.fleetscale.control.login;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.TuningConfig;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class JdbcPendingLoginsIT {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final AtomicReference<Instant> now = new AtomicReference<>(START);
    private final Random random = new Random(5);

    private PendingLogin login() {
        return login("192.0.2.7");
    }

    private PendingLogin login(String source) {
        return new PendingLogin(
                AuthId.next(random),
                MachineKey.of(new byte[32]),
                NodeKey.of(new byte[32]),
                NodeKey.ZERO,
                LockKey.ZERO,
                Hostinfo.ofHostname("box"),
                true,
                START.plusSeconds(60),
                Objects.requireNonNull(now.get()),
                source,
                PendingLogin.State.WAITING,
                null);
    }

    @Test
    void loginsAreDecidedOnceAndReadOften() {
        try (Database database = TestDatabase.open()) {
            PendingLogins logins =
                    new JdbcPendingLogins(database, now::get, JdbcPendingLogins.Limits.of(TuningConfig.defaults()));
            PendingLogin login = login();
            logins.add(login);
            assertThat(logins.find(login.id())).contains(login);
            assertThat(logins.waiting()).containsExactly(login);
            assertThat(logins.decide(login.id(), PendingLogin.State.REGISTERED, new NodeId(4)))
                    .contains(login.became(PendingLogin.State.REGISTERED, new NodeId(4), START));
            assertThat(logins.decide(login.id(), PendingLogin.State.REJECTED, null))
                    .isEmpty();
            assertThat(logins.find(login.id()).orElseThrow().nodeId()).isEqualTo(new NodeId(4));
            assertThat(logins.waiting()).isEmpty();
            assertThat(logins.find(AuthId.next(random))).isEmpty();
            now.set(START.plus(Duration.ofDays(8)));
            assertThat(logins.find(login.id())).isEmpty();
        }
    }

    @Test
    void aConfiguredLifeAndNumberCount() {
        try (Database database = TestDatabase.open()) {
            PendingLogins logins = new JdbcPendingLogins(
                    database, now::get, JdbcPendingLogins.Limits.of(new TuningConfig(Duration.ofMinutes(15), 2)));
            PendingLogin first = login("198.51.100.1");
            logins.add(first);
            logins.add(login("198.51.100.2"));
            logins.add(login("198.51.100.3"));
            assertThat(logins.waiting()).hasSize(2);
            now.set(START.plus(Duration.ofMinutes(14)));
            assertThat(logins.waiting()).hasSize(2);
            now.set(START.plus(Duration.ofMinutes(16)));
            assertThat(logins.waiting()).isEmpty();
        }
    }

    private static JdbcPendingLogins.Limits limits(int max) {
        return new JdbcPendingLogins.Limits(Duration.ofDays(7), max, 5);
    }

    @Test
    void aFloodOfOneSourceTakesItsOwnPlacesOnly() {
        try (Database database = TestDatabase.open()) {
            PendingLogins logins = new JdbcPendingLogins(database, now::get, limits(100));
            PendingLogin other = login("198.51.100.9");
            logins.add(other);
            PendingLogin first = login("2001:db8::1");
            logins.add(first);
            for (int i = 2; i < 30; i++) {
                now.set(START.plusSeconds(i));
                logins.add(login("2001:db8::" + i)); // addresses of one network
            }
            assertThat(logins.find(other.id())).contains(other);
            assertThat(logins.find(first.id())).isEmpty();
            assertThat(logins.waiting()).hasSize(6);
        }
    }

    @Test
    void whenAllPlacesAreTakenTheLargestSourceMakesRoom() {
        try (Database database = TestDatabase.open()) {
            PendingLogins logins = new JdbcPendingLogins(database, now::get, limits(6));
            PendingLogin single = login("198.51.100.1");
            logins.add(single);
            for (int i = 0; i < 5; i++) {
                now.set(START.plusSeconds(1 + i));
                logins.add(login("203.0.113.1"));
            }
            PendingLogin late = login("198.51.100.2");
            logins.add(late);
            assertThat(logins.waiting()).hasSize(6).contains(single, late);
        }
    }
}
