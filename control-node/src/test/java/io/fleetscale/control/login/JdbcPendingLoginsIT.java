package io.fleetscale.control.login;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class JdbcPendingLoginsIT {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final AtomicReference<Instant> now = new AtomicReference<>(START);
    private final Random random = new Random(5);

    private PendingLogin login() {
        return new PendingLogin(
                AuthId.next(random),
                MachineKey.of(new byte[32]),
                NodeKey.of(new byte[32]),
                NodeKey.ZERO,
                LockKey.ZERO,
                Hostinfo.ofHostname("box"),
                true,
                START.plusSeconds(60),
                START,
                "192.0.2.7",
                PendingLogin.State.WAITING,
                null);
    }

    @Test
    void loginsAreDecidedOnceAndReadOften() {
        try (Database database = TestDatabase.open()) {
            PendingLogins logins = new JdbcPendingLogins(database, now::get);
            PendingLogin login = login();
            logins.add(login);
            assertThat(logins.find(login.id())).contains(login);
            assertThat(logins.waiting()).containsExactly(login);
            assertThat(logins.decide(login.id(), PendingLogin.State.REGISTERED, new NodeId(4)))
                    .contains(login.became(PendingLogin.State.REGISTERED, new NodeId(4)));
            assertThat(logins.decide(login.id(), PendingLogin.State.REJECTED, null))
                    .isEmpty();
            assertThat(logins.find(login.id()).orElseThrow().nodeId()).isEqualTo(new NodeId(4));
            assertThat(logins.waiting()).isEmpty();
            assertThat(logins.find(AuthId.next(random))).isEmpty();
            now.set(START.plus(Duration.ofDays(8)));
            assertThat(logins.find(login.id())).isEmpty();
        }
    }
}
