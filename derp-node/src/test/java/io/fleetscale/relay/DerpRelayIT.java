package io.fleetscale.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.relay.testing.TestNode.Frame;
import io.fleetscale.relay.testing.TestRelay;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.FrameType;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two nodes talk through the relay: over plain TCP and TLS, on one event loop and across two. */
class DerpRelayIT {
    static final Admission EVERYBODY = (node, source) -> CompletableFuture.completedFuture(Verdict.ADMITTED);

    private final BoxKeyPair identity = BoxKeyPair.generate(new SecureRandom());
    private TestRelay relay;

    @BeforeEach
    void startRelay() {
        relay = TestRelay.plain(RelayConfig.withDefaults(identity), EVERYBODY, 2);
    }

    @AfterEach
    void stopRelay() {
        relay.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void passesPacketsOfEverySizeUnchanged(int eventLoops) throws IOException {
        relay.close();
        relay = TestRelay.plain(RelayConfig.withDefaults(identity), EVERYBODY, eventLoops);
        try (TestNode a = node();
                TestNode b = node()) {
            for (int size : new int[] {0, 1, 1280, 8192, 40_000, 65_536}) {
                byte[] packet = pattern(size);
                a.send(b.key(), packet);
                Frame received = b.next();
                assertThat(received.type()).isEqualTo(FrameType.RECV_PACKET);
                assertThat(received.key()).isEqualTo(a.key().raw());
                assertThat(received.afterKey()).isEqualTo(packet);
                b.send(a.key(), packet);
                assertThat(a.next().afterKey()).isEqualTo(packet);
            }
        }
    }

    @Test
    void passesPacketsOverTls(@TempDir Path directory) throws IOException {
        relay.close();
        relay = TestRelay.tls(RelayConfig.withDefaults(identity), EVERYBODY, 2, directory);
        for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
            try (TestNode a = TestNode.tls(relay.address(), protocol).join();
                    TestNode b = TestNode.tls(relay.address(), protocol).join()) {
                byte[] packet = pattern(50_000);
                a.send(b.key(), packet);
                assertThat(b.next().afterKey()).isEqualTo(packet);
                b.send(a.key(), "small");
                assertThat(a.next().text()).isEqualTo("small");
                assertThat(a.relayCertificates()).hasSize(2);
                assertThat(a.relayCertificates()[1].getSubjectX500Principal().getName())
                        .isEqualTo("CN=derpkey" + identity.publicKey().raw().toHex());
            }
        }
    }

    @Test
    void answersTheUpgradeAsUpstreamDoes() throws IOException {
        try (TestNode node = TestNode.plain(relay.address())) {
            assertThat(node.request("POST /derp?x=1 HTTP/1.1\r\nHost: x\r\nupgrade: dErP\r\n\r\n"))
                    .isEqualTo(String.join(
                            "\r\n",
                            "HTTP/1.1 101 Switching Protocols",
                            "Upgrade: DERP",
                            "Connection: Upgrade",
                            "Derp-Version: 2",
                            "Derp-Public-Key: " + identity.publicKey().raw().toHex(),
                            "",
                            ""));
            assertThat(node.serverKey()).isEqualTo(relay.relay().publicKey());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, Integer.MAX_VALUE})
    void startsFastWithFramesBehindTheRequest(int pieceBytes) throws IOException {
        try (TestNode b = node();
                TestNode a = TestNode.plain(relay.address())) {
            byte[] request = String.join(
                            "\r\n",
                            "GET /derp HTTP/1.1",
                            "Host: x",
                            "Connection: Upgrade",
                            "Derp-Fast-Start: 1",
                            "Upgrade: DERP",
                            "",
                            "")
                    .getBytes(StandardCharsets.US_ASCII);
            byte[] frames = TestNode.bytes(buffer -> {
                a.greeting(identity.publicKey(), "{\"version\":2}").accept(buffer);
                DerpFrameEncoder.notePreferred(buffer, true);
                DerpFrameEncoder.sendPacket(buffer, b.key().raw(), "first".getBytes(StandardCharsets.UTF_8));
            });
            byte[] all = Arrays.copyOf(request, request.length + frames.length);
            System.arraycopy(frames, 0, all, request.length, frames.length);
            for (int from = 0; from < all.length; from += Math.min(pieceBytes, all.length - from)) {
                a.raw(Arrays.copyOfRange(all, from, from + Math.min(pieceBytes, all.length - from)));
            }
            assertThat(b.next().text()).isEqualTo("first");
            assertThat(a.next().type()).isEqualTo(FrameType.SERVER_KEY);
            assertThat(a.next().type()).isEqualTo(FrameType.SERVER_INFO);
        }
    }

    @Test
    void tellsReceiversThatAPeerHasGoneEachTime() throws IOException {
        BoxKeyPair keys = BoxKeyPair.generate(new SecureRandom());
        try (TestNode b = node()) {
            for (int i = 0; i < 2; i++) {
                try (TestNode a = TestNode.plain(relay.address()).withKeys(keys).join()) {
                    a.send(b.key(), "hello");
                    assertThat(b.next().type()).isEqualTo(FrameType.RECV_PACKET);
                }
                Frame gone = b.next();
                assertThat(gone.type()).isEqualTo(FrameType.PEER_GONE);
                assertThat(gone.key()).isEqualTo(keys.publicKey().raw());
                assertThat(gone.afterKey()).containsExactly(0);
            }
        }
    }

    @Test
    void saysNotHereOnlyForDiscoAndOnlyThreeTimesAtOnce() throws IOException {
        NodeKey nobody = BoxKeyPair.generate(new SecureRandom()).publicKey();
        try (TestNode a = node()) {
            a.send(nobody, "no disco");
            a.send(nobody, Arrays.copyOf(disco(), 61));
            assertThat(a.firstBeforePong()).isEmpty();
            for (int i = 0; i < 8; i++) {
                a.send(nobody, disco());
            }
            for (int i = 0; i < 3; i++) {
                Frame gone = a.next();
                assertThat(gone.type()).isEqualTo(FrameType.PEER_GONE);
                assertThat(gone.key()).isEqualTo(nobody.raw());
                assertThat(gone.afterKey()).containsExactly(1);
            }
            assertThat(a.firstBeforePong()).isEmpty();
        }
    }

    @Test
    void deliversToTheConnectionThatSentLast() throws IOException {
        BoxKeyPair keys = BoxKeyPair.generate(new SecureRandom());
        try (TestNode sender = node();
                TestNode older = TestNode.plain(relay.address()).withKeys(keys).join();
                TestNode newer = TestNode.plain(relay.address()).withKeys(keys).join()) {
            sender.send(keys.publicKey(), "one");
            assertThat(newer.next().text()).isEqualTo("one");
            older.frame(buffer -> DerpFrameEncoder.notePreferred(buffer, true));
            assertThat(older.firstBeforePong()).isEmpty();
            sender.send(keys.publicKey(), "two");
            assertThat(older.next().text()).isEqualTo("two");
            older.leave();
            await().until(() -> relay.relay().connections() == 2);
            sender.send(keys.publicKey(), "three");
            assertThat(newer.next().text()).isEqualTo("three");
        }
    }

    @Test
    void sendsToItself() throws IOException {
        try (TestNode a = node()) {
            a.send(a.key(), "me");
            assertThat(a.next().text()).isEqualTo("me");
        }
    }

    @Test
    void tellsHealthAndDisconnectsByKey() throws IOException {
        try (TestNode a = node()) {
            relay.relay().announceHealth("duplicate");
            Frame health = a.next();
            assertThat(health.type()).isEqualTo(FrameType.HEALTH);
            assertThat(new String(health.payload(), StandardCharsets.UTF_8)).isEqualTo("duplicate");
            relay.relay().disconnect(a.key());
            assertThat(a.isClosedByRelay()).isTrue();
        }
    }

    @Test
    void announcesItsRestartWhenItCloses() throws IOException {
        try (TestNode a = node()) {
            CompletableFuture<Void> closing = CompletableFuture.runAsync(relay.relay()::close);
            assertThat(a.next().type()).isEqualTo(FrameType.RESTARTING);
            assertThat(a.isClosedByRelay()).isTrue();
            closing.join();
            try (TestNode late = TestNode.plain(relay.address())) {
                assertThat(late.request("GET /derp HTTP/1.1\r\nHost: x\r\nUpgrade: DERP\r\n\r\n"))
                        .startsWith("HTTP/1.1 503 ");
            }
        }
    }

    @Test
    void holdsPipelinedFramesUntilAdmission() throws IOException {
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        try (TestRelay judging = TestRelay.plain(RelayConfig.withDefaults(identity), (node, source) -> verdict, 1);
                TestNode a = TestNode.plain(judging.address())) {
            a.upgrade();
            a.serverKey();
            a.greet(identity.publicKey());
            a.send(a.key(), "early");
            assertThat(judging.relay().connections()).isZero();
            verdict.complete(Verdict.ADMITTED);
            assertThat(a.next().type()).isEqualTo(FrameType.SERVER_INFO);
            assertThat(a.next().text()).isEqualTo("early");
        }
    }

    @Test
    void answersPingsWithTheirFirstEightBytes() throws IOException {
        try (TestNode node = node()) {
            for (int size : new int[] {8, 9, 1000}) {
                byte[] ping = new byte[5 + size];
                new SecureRandom().nextBytes(ping);
                ping[0] = 0x12;
                ping[1] = 0;
                ping[2] = 0;
                ping[3] = (byte) (size >> 8);
                ping[4] = (byte) size;
                node.raw(ping);
                Frame pong = node.next();
                assertThat(pong.type()).isEqualTo(0x13);
                assertThat(pong.payload()).isEqualTo(Arrays.copyOfRange(ping, 5, 13));
            }
        }
    }

    /** Frames of releases to come, and those that only a relay sends. */
    @Test
    void skipsFramesThatItDoesNotKnow() throws IOException {
        try (TestNode node = node()) {
            byte[] unknown = new byte[5 + 200_000];
            unknown[0] = 77;
            unknown[2] = (byte) (200_000 >> 16);
            unknown[3] = (byte) (200_000 >> 8);
            unknown[4] = (byte) 200_000;
            node.raw(unknown);
            node.raw(HexFormat.of().parseHex("0600000000")); // KeepAlive
            node.raw(HexFormat.of().parseHex("13000000080102030405060708")); // Pong
            assertThat(node.firstBeforePong()).isEmpty();
            node.send(node.key(), "still here");
            assertThat(node.next().text()).isEqualTo("still here");
        }
    }

    @Test
    void asksForAnUpgrade() throws IOException {
        for (String upgrade : new String[] {"", "Upgrade: foo\r\n"}) {
            try (TestNode node = TestNode.plain(relay.address())) {
                assertThat(node.request("GET /derp HTTP/1.1\r\nHost: x\r\n" + upgrade + "\r\n"))
                        .startsWith("HTTP/1.1 426 ");
            }
        }
    }

    private TestNode node() throws IOException {
        return TestNode.plain(relay.address()).join();
    }

    static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + size);
        }
        return bytes;
    }

    static byte[] disco() {
        byte[] packet = new byte[62];
        byte[] magic = {0x54, 0x53, (byte) 0xf0, (byte) 0x9f, (byte) 0x92, (byte) 0xac};
        System.arraycopy(magic, 0, packet, 0, magic.length);
        return packet;
    }
}
