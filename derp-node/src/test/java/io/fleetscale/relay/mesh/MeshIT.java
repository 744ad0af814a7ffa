package io.fleetscale.relay.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.relay.testing.TestNode.Frame;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.FrameType;
import io.fleetscale.wire.key.Bytes32;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Relays of one region: nodes of one reach nodes of another. */
class MeshIT {
    private static final MeshKeys KEYS = MeshKeys.parse("a1".repeat(32));

    @TempDir
    Path directory;

    private final List<MeshedRelay> relays = new ArrayList<>();

    @AfterEach
    void stop() {
        relays.forEach(MeshedRelay::close);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void forwardsPacketsOfEverySizeBothWays(int loops) throws IOException {
        MeshedRelay one = relay(loops, KEYS);
        MeshedRelay two = relay(loops, KEYS);
        mesh(one, two);
        try (TestNode a = one.node();
                TestNode b = two.node()) {
            await().until(() -> one.relay().regionPeers() == two.relay().regionPeers());
            for (int size : new int[] {0, 1, 1280, 8100, 8192, 40_000, 65_536}) {
                byte[] packet = pattern(size);
                a.send(b.key(), packet);
                Frame received = b.next();
                assertThat(received.type()).isEqualTo(FrameType.RECV_PACKET);
                assertThat(received.key()).isEqualTo(a.key().raw());
                assertThat(received.afterKey()).isEqualTo(packet);
                b.send(a.key(), packet);
                assertThat(a.next().afterKey()).isEqualTo(packet);
            }
            assertThat(one.relay().count(Counter.PACKETS_FORWARDED_OUT)).isEqualTo(7);
            assertThat(two.relay().count(Counter.PACKETS_FORWARDED_IN)).isEqualTo(7);
        }
    }

    /** All relays get the same list, with their own address in it. */
    @Test
    void recognisesItselfInTheList() throws IOException {
        MeshedRelay one = relay(1, KEYS);
        MeshedRelay two = relay(1, KEYS);
        MeshedRelay three = relay(1, KEYS);
        for (MeshedRelay relay : relays) {
            relay.join(one, two, three);
        }
        await().until(() -> relays.stream().allMatch(relay -> relay.openLinks() == 2));
        try (TestNode a = one.node();
                TestNode b = two.node();
                TestNode c = three.node()) {
            for (TestNode from : List.of(a, b, c)) {
                for (TestNode to : List.of(a, b, c)) {
                    await().untilAsserted(() -> {
                        from.send(to.key(), "x");
                        assertThat(to.next(FrameType.RECV_PACKET).key())
                                .isEqualTo(from.key().raw());
                    });
                }
            }
        }
    }

    @Test
    void followersHearWhenAPeerLeavesTheRegion() throws IOException {
        MeshedRelay one = relay(2, KEYS);
        MeshedRelay two = relay(2, KEYS);
        mesh(one, two);
        BoxKeyPair keys = BoxKeyPair.generate(new SecureRandom());
        try (TestNode b = two.node()) {
            for (int i = 0; i < 2; i++) {
                try (TestNode a = one.node(keys)) {
                    await().until(() -> one.relay().regionPeers() == two.relay().regionPeers());
                    a.send(b.key(), "hello");
                    assertThat(b.next(FrameType.RECV_PACKET).text()).isEqualTo("hello");
                }
                assertThat(b.next(FrameType.PEER_GONE).afterKey()).containsExactly(0);
            }
            // The other relay goes without a word: the same.
            try (TestNode a = one.node(keys)) {
                await().until(() -> one.relay().regionPeers() == two.relay().regionPeers());
                a.send(b.key(), "again");
                assertThat(b.next(FrameType.RECV_PACKET).text()).isEqualTo("again");
                one.close();
                assertThat(b.next(FrameType.PEER_GONE).key())
                        .isEqualTo(keys.publicKey().raw());
            }
        }
    }

    /** A connection here outranks other relays; of those, the first that said that it has the key. */
    @Test
    void aKeyThatIsConnectedTwiceIsReachedHereFirst() throws IOException {
        MeshedRelay one = relay(1, KEYS);
        MeshedRelay two = relay(1, KEYS);
        MeshedRelay three = relay(1, KEYS);
        for (MeshedRelay relay : relays) {
            relay.join(one, two, three);
        }
        await().until(() -> relays.stream().allMatch(relay -> relay.openLinks() == 2));
        BoxKeyPair keys = BoxKeyPair.generate(new SecureRandom());
        // The relays themselves are keys of the region, too.
        await().until(() -> one.relay().regionPeers() == 3);
        try (TestNode sender = one.node();
                TestNode atTwo = two.node(keys)) {
            await().until(() -> one.relay().regionPeers() == 5);
            try (TestNode atThree = three.node(keys)) {
                await().until(() -> doublyReachable(one) == 2);
                sender.send(keys.publicKey(), "to two");
                assertThat(atTwo.next(FrameType.RECV_PACKET).text()).isEqualTo("to two");
                try (TestNode here = one.node(keys)) {
                    sender.send(keys.publicKey(), "to one");
                    assertThat(here.next(FrameType.RECV_PACKET).text()).isEqualTo("to one");
                }
                atTwo.leave();
                await().until(() -> doublyReachable(one) == 1);
                sender.send(keys.publicKey(), "to three");
                assertThat(atThree.next(FrameType.RECV_PACKET).text()).isEqualTo("to three");
            }
        }
    }

    @Test
    void watchersHearWhoIsThereAndWhoComesAndGoes() throws IOException {
        MeshedRelay one = relay(2, KEYS);
        BoxKeyPair keys = BoxKeyPair.generate(new SecureRandom());
        try (TestNode before = one.node();
                TestNode prober = one.link(KEYS, "\"IsProber\":true,");
                TestNode watcher = one.watcher(KEYS)) {
            Map<Bytes32, Integer> flags = new HashMap<>();
            for (int i = 0; i < 3; i++) {
                Frame present = watcher.next(FrameType.PEER_PRESENT);
                assertThat(present.payload()).hasSize(51);
                flags.put(present.key(), (int) present.payload()[50]);
            }
            assertThat(flags)
                    .containsEntry(before.key().raw(), 1)
                    .containsEntry(prober.key().raw(), 2 | 4)
                    .containsEntry(watcher.key().raw(), 2);
            try (TestNode first = one.node(keys)) {
                assertThat(watcher.next(FrameType.PEER_PRESENT).key())
                        .isEqualTo(first.key().raw());
                try (TestNode second = one.node(keys)) {
                    assertThat(watcher.next(FrameType.PEER_PRESENT).key())
                            .isEqualTo(second.key().raw());
                }
                await().until(() -> one.relay().connections() == 4);
                assertThat(watcher.firstBeforePong()).isEmpty();
            }
            Frame gone = watcher.next();
            assertThat(gone.type()).isEqualTo(FrameType.PEER_GONE);
            assertThat(gone.key()).isEqualTo(keys.publicKey().raw());
            watcher.frame(DerpFrameEncoder::watchConnections);
            for (int i = 0; i < 3; i++) {
                assertThat(watcher.next().type()).isEqualTo(FrameType.PEER_PRESENT);
            }
        }
    }

    @Test
    void aLinkDeliversToNodesOfThisRelayOnly() throws IOException {
        MeshedRelay one = relay(1, KEYS);
        Bytes32 elsewhere = BoxKeyPair.generate(new SecureRandom()).publicKey().raw();
        Bytes32 nobody = BoxKeyPair.generate(new SecureRandom()).publicKey().raw();
        try (TestNode node = one.node();
                TestNode link = one.link(KEYS, "")) {
            link.frame(out ->
                    DerpFrameEncoder.forwardPacket(out, elsewhere, node.key().raw(), pattern(100)));
            Frame received = node.next();
            assertThat(received.key()).isEqualTo(elsewhere);
            assertThat(received.afterKey()).isEqualTo(pattern(100));
            link.frame(out -> DerpFrameEncoder.forwardPacket(out, elsewhere, nobody, disco()));
            Frame gone = link.next();
            assertThat(gone.type()).isEqualTo(FrameType.PEER_GONE);
            assertThat(gone.key()).isEqualTo(nobody);
            assertThat(gone.afterKey()).containsExactly(1);
            assertThat(one.relay().droppedPackets(DropReason.UNKNOWN_DEST_ON_FWD))
                    .isEqualTo(1);
        }
    }

    @Test
    void aLinkEndsConnections() throws IOException {
        MeshedRelay one = relay(2, KEYS);
        Bytes32 nobody = BoxKeyPair.generate(new SecureRandom()).publicKey().raw();
        try (TestNode node = one.node();
                TestNode link = one.watcher(KEYS)) {
            link.frame(out -> DerpFrameEncoder.closePeer(out, nobody));
            link.frame(out -> DerpFrameEncoder.closePeer(out, node.key().raw()));
            assertThat(node.isClosedByRelay()).isTrue();
            assertThat(link.next(FrameType.PEER_GONE).key())
                    .isEqualTo(node.key().raw());
        }
    }

    /** Relays that show the key need no admission, those that show another one do. */
    @Test
    void theKeyIsChangedWhileRelaysRun() throws IOException {
        MeshKeys both = MeshKeys.parse("b2".repeat(32) + "\n" + "a1".repeat(32));
        MeshedRelay strict = new MeshedRelay(directory.resolve("strict"), 1, false, KEYS);
        relays.add(strict);
        try (TestNode old = strict.watcher(KEYS)) {
            strict.relay().useMeshKeys(both);
            try (TestNode next = strict.watcher(both)) {
                assertThat(next.next().type()).isEqualTo(FrameType.PEER_PRESENT);
            }
            strict.watcher(KEYS).close();
            strict.relay().useMeshKeys(MeshKeys.parse("b2".repeat(32)));
            assertThat(old.next().type()).isEqualTo(FrameType.PEER_PRESENT);
            try (TestNode late = TestNode.tls(new InetSocketAddress(
                    InetAddress.ofLiteral("127.0.0.1"), strict.address().port()))) {
                late.upgrade();
                late.frame(late.greeting(late.serverKey(), "{\"meshKey\":\"" + "a1".repeat(32) + "\",\"version\":2}"));
                assertThat(late.isClosedByRelay()).isTrue();
            }
        }
    }

    /** Keys that two other relays have: one is the relay's own, with which it watches both. */
    private static long doublyReachable(MeshedRelay relay) {
        return relay.relay().count(Counter.MULTIFORWARDER_CREATED)
                - relay.relay().count(Counter.MULTIFORWARDER_DELETED);
    }

    private MeshedRelay relay(int loops, MeshKeys keys) throws IOException {
        MeshedRelay relay = new MeshedRelay(directory.resolve("relay" + relays.size()), loops, true, keys);
        relays.add(relay);
        return relay;
    }

    private static void mesh(MeshedRelay one, MeshedRelay two) {
        one.join(two);
        two.join(one);
        await().until(() -> one.openLinks() > 0 && one.openLinks() == two.openLinks());
    }

    private static byte[] disco() {
        byte[] packet = new byte[62];
        byte[] magic = "TS\uD83D\uDCAC".getBytes(StandardCharsets.UTF_8);
        System.arraycopy(magic, 0, packet, 0, magic.length);
        return packet;
    }

    private static byte[] pattern(int size) {
        byte[] packet = new byte[size];
        for (int i = 0; i < size; i++) {
            packet[i] = (byte) (i * 31 + size);
        }
        return packet;
    }
}
