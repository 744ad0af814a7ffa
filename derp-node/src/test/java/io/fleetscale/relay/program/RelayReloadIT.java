package io.fleetscale.relay.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.runtime.tls.CertificateAuthority;
import io.fleetscale.wire.derp.FrameType;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What changes while nodes are connected: none of them loses its connection. */
class RelayReloadIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final Reloads reloads = new Reloads();

    @SuppressWarnings("NullAway.Init") // by start(), the first thing that each test does
    private RelayNode node;

    @SuppressWarnings("NullAway.Init") // by start()
    private RelayNode.Running running;

    @AfterEach
    void stop() {
        node.stop();
        reloads.close();
    }

    /** T42: 200 kB/s by configuration without loss, then no limit without a new connection. */
    @Test
    void theRateOfConnectedNodesIsChanged() throws Exception {
        start(Map.of("tls", "off", "rate_limit", "200000", "rate_burst", "65568"));
        try (TestNode a = TestNode.plain(running.relay()).join();
                TestNode b = TestNode.plain(running.relay()).join()) {
            byte[] packet = new byte[1000];
            int limited = 700;
            long began = System.nanoTime();
            CompletableFuture<Void> sending = sending(a, b, packet, limited);
            receive(b, limited);
            sending.join();
            double seconds = (System.nanoTime() - began) / 1e9;
            // beside the burst, what one read brings goes ahead of the rate
            double bytes = limited * 1032.0;
            assertThat(bytes / seconds).isLessThan(200_000 + 2 * 65_568 / seconds + 20_000);
            assertThat(seconds).isGreaterThan((bytes - 2 * 65_568 - 64 * 1024) / 220_000);

            assertThat(node.apply(settings(Map.of("tls", "off")))).isTrue();
            began = System.nanoTime();
            // 20 MB, 100 s at the old rate; never more at once than the relay's queue for a slow reader holds
            for (int batch = 0; batch < 100; batch++) {
                for (int i = 0; i < 200; i++) {
                    a.send(b.key(), packet);
                }
                receive(b, 200);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(70));
            assertThat(metrics())
                    .contains("derp_packets_dropped{kind=\"other\",reason=\"queue_head\"} 0.0")
                    .contains("derp_packets_dropped{kind=\"other\",reason=\"queue_tail\"} 0.0");

            assertThat(node.apply(settings(Map.of("tls", "off", "rate_limit", "1000000"))))
                    .isTrue();
            assertThat(metrics())
                    .contains("derp_rate_limit_per_client_bytes_per_second 1000000.0")
                    .contains("derp_rate_limit_per_client_burst_bytes 1000000.0");
            a.send(b.key(), "still here");
            assertThat(b.next(FrameType.RECV_PACKET).text()).isEqualTo("still here");
        }
    }

    /** T43: who connects from now on is told its rate; other relays are not. */
    @Test
    void aNodeThatConnectsIsToldItsRate() throws Exception {
        String key = "0123456789abcdef".repeat(4);
        Path file = Files.writeString(directory.resolve("mesh.key"), key);
        Map<String, String> mesh = Map.of("tls", "off", "mesh_key_file", file.toString());
        start(mesh);
        assertThat(told("{\"version\":2}")).isEqualTo("{\"version\":2}");
        Map<String, String> told = new HashMap<>(mesh);
        told.putAll(Map.of("rate_limit", "200000", "rate_told", "true"));
        assertThat(node.apply(settings(told))).isTrue();
        assertThat(told("{\"version\":2}"))
                .isEqualTo("{\"version\":2,\"TokenBucketBytesPerSecond\":200000,\"TokenBucketBytesBurst\":200005}");
        assertThat(told("{\"meshKey\":\"" + key + "\"}")).isEqualTo("{\"version\":2}");
    }

    private String told(String info) throws IOException {
        try (TestNode someone = TestNode.plain(running.relay())) {
            someone.upgrade();
            NodeKey relayKey = someone.serverKey();
            someone.frame(someone.greeting(relayKey, info));
            return someone.opened(relayKey, someone.next());
        }
    }

    /** A node that waits for its debt of a slow rate is read again at once. */
    @Test
    void aNodeThatWaitsIsReadAgain() throws Exception {
        start(Map.of("tls", "off", "rate_limit", "1000", "rate_burst", "65568"));
        try (TestNode a = TestNode.plain(running.relay()).join()) {
            byte[] packet = new byte[10_000];
            CompletableFuture<Void> sending = sending(a, a, packet, 40);
            await().atMost(LIMIT)
                    .until(() -> metrics()
                            .lines()
                            .anyMatch(line ->
                                    line.startsWith("derp_rate_limit_per_client_waited ") && !line.endsWith(" 0.0")));
            assertThat(node.apply(settings(Map.of("tls", "off")))).isTrue();
            receive(a, 40); // else four minutes
            sending.join();
        }
    }

    @Test
    void anotherControlServerIsAsked() throws Exception {
        HttpServer nobody = control(false);
        HttpServer everybody = control(true);
        Map<String, String> first = Map.of("tls", "off", "verify_url", url(everybody), "verify_fail_open", "false");
        start(first);
        try (TestNode a = TestNode.plain(running.relay()).join();
                TestNode refused = TestNode.plain(running.relay())) {
            assertThat(node.apply(settings(Map.of("tls", "off", "verify_url", url(nobody)))))
                    .isTrue();
            refused.upgrade();
            refused.greet(refused.serverKey());
            assertThat(refused.isClosedByRelay()).isTrue();

            nobody.stop(0);
            try (TestNode whileItIsAway = TestNode.plain(running.relay()).join()) {
                whileItIsAway.send(a.key(), "open");
                assertThat(a.next(FrameType.RECV_PACKET).text()).isEqualTo("open");
            }
            assertThat(node.apply(
                            settings(Map.of("tls", "off", "verify_url", url(nobody), "verify_fail_open", "false"))))
                    .isTrue();
            try (TestNode whileItIsAway = TestNode.plain(running.relay())) {
                whileItIsAway.upgrade();
                whileItIsAway.greet(whileItIsAway.serverKey());
                assertThat(whileItIsAway.isClosedByRelay()).isTrue();
            }
            assertThat(node.apply(settings(Map.of("tls", "off")))).isTrue();
            try (TestNode whenNobodyIsAsked = TestNode.plain(running.relay()).join()) {
                whenNobodyIsAsked.send(a.key(), "all");
                assertThat(a.next(FrameType.RECV_PACKET).text()).isEqualTo("all");
            }
        } finally {
            nobody.stop(0);
            everybody.stop(0);
        }
    }

    @Test
    void aNewCertificateIsPresentedAndConnectionsGoOn() throws Exception {
        CertificateAuthority authority = CertificateAuthority.in(directory, InstantSource.system());
        var unused = authority.issueFiles(directory, "old", List.of("127.0.0.1"));
        unused = authority.issueFiles(directory, "new", List.of("127.0.0.1"));
        Path certificate = directory.resolve("relay.crt");
        Path key = directory.resolve("relay.key");
        replace("old", certificate, key);
        start(Map.of("tls", "files", "tls_cert", certificate.toString(), "tls_key", key.toString()));
        try (TestNode before = TestNode.tls(running.relay()).join()) {
            replace("new", certificate, key);
            reloads.request();
            await().atMost(LIMIT).untilAsserted(() -> {
                try (TestNode after = TestNode.tls(running.relay()).join()) {
                    assertThat(after.relayCertificates()[0]).isNotEqualTo(before.relayCertificates()[0]);
                    assertThat(after.relayCertificates()[1].getSubjectX500Principal())
                            .as("the meta certificate")
                            .isEqualTo(before.relayCertificates()[1].getSubjectX500Principal());
                    after.send(before.key(), "hello");
                    assertThat(before.next(FrameType.RECV_PACKET).text()).isEqualTo("hello");
                }
            });
            Files.writeString(certificate, "nonsense");
            reloads.request();
            try (TestNode still = TestNode.tls(running.relay()).join()) {
                still.send(before.key(), "again");
                assertThat(before.next(FrameType.RECV_PACKET).text()).isEqualTo("again");
            }
        }
    }

    @Test
    void meshKeysAreReadAgain() throws Exception {
        Path file = directory.resolve("mesh.key");
        String old = "0123456789abcdef".repeat(4);
        String next = "fedcba9876543210".repeat(4);
        Files.writeString(file, old + "\n");
        start(Map.of("tls", "off", "mesh_key_file", file.toString()));
        try (TestNode before = relay(old)) {
            Files.writeString(file, next + "\n" + old + "\n");
            reloads.request();
            await().atMost(LIMIT).until(() -> hasMeshRight(next));
            assertThat(hasMeshRight(old)).as("two are valid at once").isTrue();
            Files.writeString(file, next + "\n");
            reloads.request();
            await().atMost(LIMIT).until(() -> !hasMeshRight(old));
            assertThat(before.firstBeforePong()).as("who is there stays").isEmpty();
        }
    }

    @Test
    void whatCannotBeChangedIsNamedInOneLine() throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Logger logger = (Logger) LoggerFactory.getLogger("io.fleetscale.relay.program");
        logger.addAppender(lines);
        try {
            start(Map.of("tls", "off"));
            assertThat(node.apply(settings(Map.of("tls", "off")))).isFalse();
            assertThat(lines.list).isEmpty();
            assertThat(node.apply(settings(Map.of("drain_window", "9", "hostname", "localhost"))))
                    .isFalse();
            assertThat(lines.list).hasSize(1);
            assertThat(lines.list.getFirst().getFormattedMessage())
                    .isEqualTo("these settings take effect at the next start only");
            assertThat(lines.list.getFirst().getKeyValuePairs().toString())
                    .contains("hostname", "tls", "drain_window")
                    .doesNotContain("rate");
        } finally {
            logger.detachAppender(lines);
        }
    }

    @Test
    void proxiesAreTrustedFromNowOn() throws Exception {
        start(Map.of("tls", "off"));
        byte[] header = "PROXY TCP4 198.51.100.9 127.0.0.1 1000 443\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(node.apply(settings(Map.of("tls", "off", "trusted_proxies", "127.0.0.0/8"))))
                .isTrue();
        try (TestNode a = TestNode.plain(running.relay())) {
            a.raw(header);
            a.join();
            assertThat(get("/debug/connections")).contains("\"address\":\"198.51.100.9\"");
        }
    }

    private void start(Map<String, String> more) throws Exception {
        node = new RelayNode(settings(more), "1", reloads);
        running = node.start();
    }

    private TestNode relay(String meshKey) throws IOException {
        TestNode relay = TestNode.plain(running.relay());
        relay.upgrade();
        relay.frame(relay.greeting(relay.serverKey(), "{\"meshKey\":\"" + meshKey + "\",\"version\":2}"));
        assertThat(relay.next().type()).isEqualTo(FrameType.SERVER_INFO);
        return relay;
    }

    private boolean hasMeshRight(String meshKey) throws IOException {
        try (TestNode relay = relay(meshKey)) {
            relay.frame(buffer -> buffer.writeByte(FrameType.WATCH_CONNS).writeInt(0));
            return relay.next().type() == FrameType.PEER_PRESENT;
        } catch (IOException e) {
            return false; // it was closed instead
        }
    }

    private void replace(String name, Path certificate, Path key) throws IOException {
        Files.copy(directory.resolve(name + ".crt"), certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(directory.resolve(name + ".key"), key, StandardCopyOption.REPLACE_EXISTING);
    }

    private static CompletableFuture<Void> sending(TestNode from, TestNode to, byte[] packet, int count) {
        return CompletableFuture.runAsync(() -> {
            for (int i = 0; i < count; i++) {
                try {
                    from.send(to.key(), packet);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private static void receive(TestNode node, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            assertThat(node.next(FrameType.RECV_PACKET).payload()).hasSizeGreaterThan(32);
        }
    }

    private static HttpServer control(boolean allows) throws IOException {
        HttpServer control = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] answer = ("{\"Allow\":" + allows + "}").getBytes(StandardCharsets.UTF_8);
        control.createContext("/verify", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, answer.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer);
            }
        });
        control.start();
        return control;
    }

    private static String url(HttpServer control) {
        return "http://127.0.0.1:" + control.getAddress().getPort() + "/verify";
    }

    private RelaySettings settings(Map<String, String> more) {
        Map<String, String> options = new HashMap<>(Map.of(
                "hostname", "127.0.0.1",
                "listen", "127.0.0.1:0",
                "http_listen", "off",
                "stun_listen", "off",
                "metrics_listen", "127.0.0.1:0",
                "data", directory.resolve("relay").toString()));
        options.putAll(more);
        return ((SettingsReader.Outcome.Usable) SettingsReader.read(null, options)).settings();
    }

    private String metrics() throws IOException {
        return get("/metrics");
    }

    private String get(String path) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.connect(running.metrics());
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
