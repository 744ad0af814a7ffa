package io.fleetscale.control.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.fleetscale.control.address.AddressSettings;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.api.testing.MemoryLogins;
import io.fleetscale.control.database.Database;
import io.fleetscale.control.login.LocalLoginSignals;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.registration.Registration;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestDatabase;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Registrations through two instances over one database, at the same moments. */
@Timeout(120)
class TwoInstancesIT {
    private static final int PAIRS = 250;
    private static final TagOwners NO_TAGS = new TagOwners() {
        @Override
        public boolean exists(TailnetImage image, String tag) {
            return false;
        }

        @Override
        public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
            return false;
        }
    };

    private final Database database = TestDatabase.open();
    private final Fixtures.LocalFanout fanout = new Fixtures.LocalFanout();
    private final PostgresChangelog a = instance();
    private final PostgresChangelog b = instance();

    @AfterEach
    void stop() {
        b.close();
        a.close();
        database.close();
    }

    private PostgresChangelog instance() {
        PostgresChangelog changelog = new PostgresChangelog(
                database, Fixtures.HELD, fanout, InstantSource.system(), LogWriter.BeforeCommit.NOTHING);
        changelog.start();
        return changelog;
    }

    private static Registration registrations(Changelog changelog) {
        return new Registration(
                changelog,
                TestTailnet.MAC,
                IpPools.NONE,
                new MemoryLogins(),
                new LocalLoginSignals(id -> {}),
                (node, hostinfo) -> {},
                "https://control.example.com/",
                InstantSource.system(),
                System::nanoTime,
                new Random(7));
    }

    private static String register(Registration registration, int machine, String hostname, String key) {
        return registration
                .register(
                        new MachineKey(Fixtures.bytes(machine, 1)),
                        "192.0.2.1",
                        new RegisterRequest(
                                145,
                                new NodeKey(Fixtures.bytes(machine, 2)),
                                NodeKey.ZERO,
                                LockKey.ZERO,
                                key,
                                null,
                                "",
                                Hostinfo.parse(ByteString.copyFromUtf8(
                                        "{\"OS\":\"linux\",\"Hostname\":\"" + hostname + "\"}")),
                                false,
                                ByteString.EMPTY,
                                "",
                                null,
                                ByteString.EMPTY,
                                ByteString.EMPTY,
                                ""))
                .error();
    }

    private static Node node(TailnetImage image, int machine) {
        return image.nodes().values().stream()
                .filter(node -> node.machineKey().equals(new MachineKey(Fixtures.bytes(machine, 1))))
                .findFirst()
                .orElseThrow();
    }

    /** F029 and F031: no name and no address is given twice, while nodes come and go. */
    @Test
    void namesAndAddressesAreGivenOnce() throws Exception {
        AddressSettings small =
                new AddressSettings(IpPrefix.parse("100.64.0.0/22"), null, AddressSettings.Allocation.SEQUENTIAL);
        a.write((image, context) -> Decision.of(
                        0L, new Change.SettingPut(new Setting(Setting.PREFIXES, Bytes32.ZERO, small.toJson()))))
                .join();
        User user = new Users(a).create(new NewUser("alice", "", "", "")).join();
        String key = new PreAuthKeys(a, TestTailnet.MAC)
                .create(new NewPreAuthKey(user.id(), true, false, null, List.of()))
                .join()
                .text();
        Registration throughA = registrations(a);
        Registration throughB = registrations(b);
        Nodes nodesOfB = new Nodes(b, NO_TAGS);

        List<Future<String>> errors = new ArrayList<>();
        List<Future<?>> deletions = new ArrayList<>();
        try (ExecutorService callers = Executors.newFixedThreadPool(16)) {
            for (int pair = 0; pair < PAIRS; pair++) {
                String hostname = "twin-" + pair;
                int machine = pair * 2;
                errors.add(callers.submit(() -> register(throughA, machine, hostname, key)));
                errors.add(callers.submit(() -> register(throughB, machine + 1, hostname, key)));
                if (pair % 5 == 4) {
                    // one of the nodes just made goes away through the other instance
                    deletions.add(callers.submit(() -> {
                        String error = register(throughA, 100_000 + machine, "guest", key);
                        assertThat(error).isEmpty();
                        NodeId id = node(a.image(), 100_000 + machine).id();
                        return nodesOfB.delete(id).join();
                    }));
                }
            }
        }
        for (Future<String> error : errors) {
            assertThat(error.get()).isEmpty();
        }
        for (Future<?> deletion : deletions) {
            assertThat(deletion.get()).isNotNull();
        }

        await().until(() -> a.image().version() == b.image().version());
        assertThat(a.image().nodes()).hasSize(2 * PAIRS);
        for (PostgresChangelog instance : List.of(a, b)) {
            List<Node> nodes = List.copyOf(instance.image().nodes().values());
            assertThat(nodes.stream().map(Node::givenName)).doesNotHaveDuplicates();
            assertThat(nodes.stream().flatMap(node -> node.addresses().stream()))
                    .doesNotHaveDuplicates()
                    .hasSize(2 * PAIRS);
        }
        for (int pair = 0; pair < PAIRS; pair++) {
            TailnetImage image = b.image();
            assertThat(new HashSet<>(List.of(
                            node(image, pair * 2).givenName(),
                            node(image, pair * 2 + 1).givenName())))
                    .isEqualTo(List.of("twin-" + pair, "twin-" + pair + "-1").stream()
                            .collect(Collectors.toSet()));
        }
    }
}
