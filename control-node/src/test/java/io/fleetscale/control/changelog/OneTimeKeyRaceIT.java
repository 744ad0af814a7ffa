package io.fleetscale.control.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.fleetscale.control.address.AddressSettings;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.api.testing.MemoryLogins;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.login.LocalLoginSignals;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.registration.Registration;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import io.fleetscale.wire.tailcfg.RegisterResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A one-time key that many machines show at once, each to one of two instances over one database. */
class OneTimeKeyRaceIT {
    private static final InstantSource CLOCK = InstantSource.system();
    private static final int KEYS = 6;
    private static final int MACHINES = 8;

    @Test
    void exactlyOneMachineWinsOverTwoInstances() throws Exception {
        Fixtures.LocalFanout fanout = new Fixtures.LocalFanout();
        try (Database database = TestDatabase.open();
                PostgresChangelog a = start(database, fanout);
                PostgresChangelog b = start(database, fanout);
                ExecutorService machines = Executors.newVirtualThreadPerTaskExecutor()) {
            prepare(a);
            PreAuthKeys keys = new PreAuthKeys(a, TestTailnet.MAC);
            List<Registration> doors = List.of(registration(a), registration(b));
            for (int round = 0; round < KEYS; round++) {
                String key = keys.create(new NewPreAuthKey(
                                new UserId(1), false, false, CLOCK.instant().plus(Duration.ofHours(1)), List.of()))
                        .join()
                        .text();
                CountDownLatch go = new CountDownLatch(1);
                List<Future<RegisterResponse>> answers = new ArrayList<>();
                for (int machine = 0; machine < MACHINES; machine++) {
                    int number = round * MACHINES + machine;
                    Registration door = doors.get(machine % 2);
                    answers.add(machines.submit(() -> {
                        go.await();
                        return door.register(new MachineKey(Fixtures.bytes(number, 1)), "192.0.2.1", ask(number, key));
                    }));
                }
                go.countDown();
                int winners = 0;
                for (Future<RegisterResponse> answer : answers) {
                    winners += answer.get().machineAuthorized() ? 1 : 0;
                }
                assertThat(winners).as("round %d", round).isEqualTo(1);
            }
            assertThat(a.current().join().nodes()).hasSize(KEYS);
            assertThat(b.current().join().nodes()).hasSize(KEYS);
        }
    }

    private static PostgresChangelog start(Database database, Fixtures.LocalFanout fanout) {
        PostgresChangelog changelog = new PostgresChangelog(database, Fixtures.HELD, fanout, CLOCK);
        changelog.start();
        return changelog;
    }

    private static void prepare(PostgresChangelog changelog) {
        AddressSettings prefixes = new AddressSettings(
                IpPrefix.parse("100.64.0.0/10"),
                IpPrefix.parse("fd7a:115c:a1e0::/48"),
                AddressSettings.Allocation.SEQUENTIAL);
        Setting setting = new Setting(Setting.PREFIXES, Bytes32.ZERO, prefixes.toJson());
        changelog
                .write((image, context) -> Decision.of("", new Change.SettingPut(setting)))
                .join();
        changelog.write(Fixtures.createUser("alice")).join();
    }

    private static Registration registration(PostgresChangelog changelog) {
        return new Registration(
                changelog,
                TestTailnet.MAC,
                IpPools.NONE,
                new MemoryLogins(),
                new LocalLoginSignals(id -> {}),
                (node, hostinfo) -> {},
                "https://control.example.com/",
                CLOCK,
                System::nanoTime,
                new Random(3));
    }

    private static RegisterRequest ask(int number, String key) {
        return new RegisterRequest(
                145,
                new NodeKey(Fixtures.bytes(number, 2)),
                NodeKey.ZERO,
                LockKey.ZERO,
                key,
                null,
                "",
                Hostinfo.parse(ByteString.copyFromUtf8("{\"OS\":\"linux\",\"Hostname\":\"racer\"}")),
                false,
                ByteString.EMPTY,
                "",
                null,
                ByteString.EMPTY,
                ByteString.EMPTY,
                "");
    }
}
