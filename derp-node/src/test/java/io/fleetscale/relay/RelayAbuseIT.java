package io.fleetscale.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.relay.limits.ConnectionLimits;
import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.limits.RelayTimers;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.metrics.DropReason;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.relay.testing.TestNode.Frame;
import io.fleetscale.relay.testing.TestRelay;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.derp.FrameType;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes that break the rules, do not read, or do not speak: the relay ends them and serves the others. */
class RelayAbuseIT {
    private static final RelayTimers QUICK = new RelayTimers(
            Duration.ofMillis(300),
            Duration.ofMillis(300),
            Duration.ofMillis(200),
            Duration.ZERO,
            Duration.ofMillis(500),
            Duration.ofMillis(500),
            Duration.ZERO);

    private final BoxKeyPair identity = BoxKeyPair.generate(new SecureRandom());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "040000001f", // SendPacket shorter than a key
                "0400010021", // longer than the largest
                "0700000000", // NotePreferred of no byte
                "0700000002", // and of two
                "1200000007", // short Ping
                "12000003e9", // long Ping
                "4dffffffff", // four gigabytes of nothing
                "1000000001", // WatchConns with a payload
                "1000000000", // WatchConns without the right
                "0a000000400000000000000000000000000000000000000000000000000000000000000000"
                        + "0000000000000000000000000000000000000000000000000000000000000000", // ForwardPacket
                "11000000200000000000000000000000000000000000000000000000000000000000000000" // ClosePeer
            })
    void endsWhoeverBreaksTheRules(String bytes) throws IOException {
        try (TestRelay relay = relay(RelayTimers.DEFAULT);
                TestNode bad = TestNode.plain(relay.address()).join();
                TestNode good = TestNode.plain(relay.address()).join()) {
            bad.raw(HexFormat.of().parseHex(bytes));
            assertThat(bad.isClosedByRelay()).isTrue();
            good.send(good.key(), "still here");
            assertThat(good.next().text()).isEqualTo("still here");
            assertThat(relay.relay().count(Counter.PROTOCOL_ERRORS)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0400000020", // a packet before the greeting
                "0200000037", // a greeting too short
                "0200040001" // and one too long
            })
    void endsABadGreetingAtItsHeader(String header) throws IOException {
        try (TestRelay relay = relay(RelayTimers.DEFAULT);
                TestNode bad = TestNode.plain(relay.address())) {
            bad.upgrade();
            bad.serverKey();
            bad.raw(HexFormat.of().parseHex(header));
            assertThat(bad.isClosedByRelay()).isTrue();
        }
    }

    @Test
    void endsGreetingsThatProveNothing() throws IOException {
        byte[] lowOrder = new byte[32];
        lowOrder[0] = 1;
        try (TestRelay relay = relay(RelayTimers.DEFAULT)) {
            for (NodeKey claimed : new NodeKey[] {NodeKey.ZERO, NodeKey.of(lowOrder), identity.publicKey()}) {
                try (TestNode bad = TestNode.plain(relay.address())) {
                    bad.upgrade();
                    bad.serverKey();
                    bad.frame(buffer -> DerpFrameEncoder.clientInfo(buffer, claimed, new byte[100]));
                    assertThat(bad.isClosedByRelay()).isTrue();
                }
            }
            try (TestNode bad = TestNode.plain(relay.address())) {
                bad.upgrade();
                bad.frame(bad.greeting(bad.serverKey(), "{\"version\":\"2\"}"));
                assertThat(bad.isClosedByRelay()).isTrue();
            }
            assertThat(relay.relay().count(Counter.PROTOCOL_ERRORS)).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 50})
    void doesNotWaitForAGreetingForLong(int bytesOfIt) throws IOException {
        try (TestRelay relay = relay(QUICK);
                TestNode silent = TestNode.plain(relay.address())) {
            silent.upgrade();
            byte[] greeting = TestNode.bytes(silent.greeting(silent.serverKey(), "{}"));
            silent.raw(Arrays.copyOf(greeting, bytesOfIt));
            assertThat(silent.isClosedByRelay()).isTrue();
            assertThat(relay.relay().count(Counter.HANDSHAKE_TIMEOUTS)).isEqualTo(1);
        }
    }

    @Test
    void refusesWhenAdmissionRefusesFailsOrIsSilent() throws IOException {
        var verdicts = new CompletableFuture<?>[] {
            CompletableFuture.completedFuture(Verdict.REFUSED),
            CompletableFuture.failedFuture(new IOException("no database")),
            new CompletableFuture<Verdict>()
        };
        for (CompletableFuture<?> verdict : verdicts) {
            try (TestRelay relay = TestRelay.plain(
                            config(QUICK, ReceiveRate.UNLIMITED, ConnectionLimits.DEFAULT),
                            (node, source) -> verdict.thenApply(Verdict.class::cast),
                            1);
                    TestNode node = TestNode.plain(relay.address())) {
                node.upgrade();
                node.greet(node.serverKey());
                assertThat(node.isClosedByRelay()).isTrue();
                assertThat(relay.relay().connections()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void boundsWhatWaitsForASlowReaderAndEndsIt(boolean tls, @TempDir Path directory) throws Exception {
        RelayConfig config = config(QUICK, ReceiveRate.UNLIMITED, ConnectionLimits.DEFAULT);
        try (TestRelay relay = tls
                        ? TestRelay.tls(config, DerpRelayIT.EVERYBODY, 2, directory)
                        : TestRelay.plain(config, DerpRelayIT.EVERYBODY, 2);
                TestNode slow = (tls ? TestNode.tls(relay.address()) : TestNode.slow(relay.address())).join();
                TestNode sender = (tls ? TestNode.tls(relay.address()) : TestNode.plain(relay.address())).join()) {
            byte[] packet = new byte[16_000];
            for (int i = 0; i < 4000; i++) {
                sender.send(slow.key(), packet);
            }
            await().atMost(Duration.ofSeconds(5)).until(() -> relay.relay().connections() == 1);
            assertThat(relay.relay().count(Counter.WRITE_TIMEOUTS)).isEqualTo(1);
            assertThat(relay.relay().droppedPackets(DropReason.QUEUE_HEAD)
                            + relay.relay().droppedPackets(DropReason.GONE_DISCONNECTED)
                            + relay.relay().droppedPackets(DropReason.UNKNOWN_DEST))
                    .isPositive();
            sender.send(sender.key(), "unharmed");
            assertThat(sender.next(FrameType.RECV_PACKET).text()).isEqualTo("unharmed");
        }
    }

    @Test
    void dropsTheOldestPacketsAndKeepsDisco() throws IOException {
        RelayConfig config = config(RelayTimers.DEFAULT, ReceiveRate.UNLIMITED, ConnectionLimits.DEFAULT);
        try (TestRelay relay = TestRelay.plain(config, DerpRelayIT.EVERYBODY, 1);
                TestNode slow = TestNode.slow(relay.address()).join();
                TestNode sender = TestNode.plain(relay.address()).join()) {
            byte[] packet = new byte[8_000];
            int count = 1_600;
            for (int i = 0; i < count; i++) {
                packet[0] = (byte) (i >> 8);
                packet[1] = (byte) i;
                sender.send(slow.key(), packet);
                if (i % 100 == 0) {
                    sender.send(slow.key(), DerpRelayIT.disco());
                }
            }
            assertThat(sender.firstBeforePong()).isEmpty();
            int disco = 0;
            int last = -1;
            int received = 0;
            while (last != count - 1) {
                Frame frame = slow.next(FrameType.RECV_PACKET);
                if (frame.payload().length == 32 + 62) {
                    disco++;
                    continue;
                }
                int number = (frame.payload()[32] & 0xFF) << 8 | (frame.payload()[33] & 0xFF);
                assertThat(number).as("in order").isGreaterThan(last);
                last = number;
                received++;
            }
            assertThat(disco).isEqualTo(count / 100);
            assertThat(received).isLessThan(count);
            assertThat(relay.relay().droppedPackets(DropReason.QUEUE_HEAD)).isEqualTo(count - received);
        }
    }

    @Test
    void keepsThirtyOfTheLargestPacketsForAReaderThatPauses() throws IOException {
        try (TestRelay relay = relay(RelayTimers.DEFAULT);
                TestNode slow = TestNode.slow(relay.address()).join();
                TestNode sender = TestNode.plain(relay.address()).join()) {
            byte[] packet = new byte[DerpLimits.MAX_PACKET_BYTES];
            for (int i = 0; i < 30; i++) {
                packet[0] = (byte) i;
                sender.send(slow.key(), packet);
            }
            assertThat(sender.firstBeforePong()).isEmpty();
            for (int i = 0; i < 30; i++) {
                assertThat(slow.next(FrameType.RECV_PACKET).afterKey()[0]).isEqualTo((byte) i);
            }
        }
    }

    @Test
    void slowsDownAFastSenderWithoutLoss() throws IOException {
        RelayConfig config = config(
                RelayTimers.DEFAULT,
                new ReceiveRate(1_000_000, DerpLimits.MAX_SEND_PACKET_BYTES),
                ConnectionLimits.DEFAULT);
        try (TestRelay relay = TestRelay.plain(config, DerpRelayIT.EVERYBODY, 1);
                TestNode a = TestNode.plain(relay.address()).join()) {
            long start = System.nanoTime();
            byte[] packet = new byte[10_000];
            int packets = 50;
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < packets; i++) {
                    try {
                        a.send(a.key(), packet);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            });
            for (int i = 0; i < packets; i++) {
                assertThat(a.next().type()).isEqualTo(FrameType.RECV_PACKET);
            }
            sending.join();
            // 500 kB, of which 65 kB are free at first, and one full read goes ahead of the rate.
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(250));
            assertThat(relay.relay().count(Counter.RATE_LIMIT_WAITED)).isPositive();
        }
    }

    @Test
    void sendsKeepAlivesOnTime() throws IOException {
        try (TestRelay relay = relay(QUICK);
                TestNode node = TestNode.plain(relay.address()).join()) {
            long start = System.nanoTime();
            for (int i = 0; i < 5; i++) {
                assertThat(node.next().type()).isEqualTo(FrameType.KEEP_ALIVE);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(900), Duration.ofMillis(3000));
        }
    }

    @Test
    void limitsConnections() throws IOException {
        ConnectionLimits two = new ConnectionLimits(2, 2, 10);
        BoxKeyPair keys = BoxKeyPair.generate(new SecureRandom());
        try (TestRelay relay = TestRelay.plain(
                        config(RelayTimers.DEFAULT, ReceiveRate.UNLIMITED, two), DerpRelayIT.EVERYBODY, 1);
                TestNode first = TestNode.plain(relay.address()).withKeys(keys).join();
                TestNode second = TestNode.plain(relay.address()).withKeys(keys).join()) {
            try (TestNode third = TestNode.plain(relay.address())) {
                assertThat(third.request("GET /derp HTTP/1.1\r\nHost: x\r\nUpgrade: DERP\r\n\r\n"))
                        .startsWith("HTTP/1.1 503 ");
            }
            second.leave();
            await().until(() -> relay.relay().connections() == 1);
            try (TestNode third = TestNode.plain(relay.address()).join()) {
                first.send(third.key(), "room again");
                assertThat(third.next().text()).isEqualTo("room again");
            }
        }
    }

    private TestRelay relay(RelayTimers timers) {
        return TestRelay.plain(
                config(timers, ReceiveRate.UNLIMITED, ConnectionLimits.DEFAULT), DerpRelayIT.EVERYBODY, 2);
    }

    private RelayConfig config(RelayTimers timers, ReceiveRate rate, ConnectionLimits connections) {
        return new RelayConfig(identity, connections, QueueLimits.DEFAULT, rate, timers);
    }
}
