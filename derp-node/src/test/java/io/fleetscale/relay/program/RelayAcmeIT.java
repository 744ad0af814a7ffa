package io.fleetscale.relay.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.runtime.Reloads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A relay's certificate from a real ACME server: ordered, kept, renewed, and taken up by a listener that has connections. */
class RelayAcmeIT {
    /** An order that failed is tried again after a minute. */
    private static final Duration LIMIT = Duration.ofSeconds(150);

    @TempDir
    Path directory;

    private final Reloads reloads = new Reloads();
    private int listenPort;
    private int httpPort;

    @BeforeEach
    void choosePorts() throws IOException {
        listenPort = Pebble.freePort();
        httpPort = Pebble.freePort();
    }

    @Test
    void ordersOnPort80KeepsTheCertificateAndRenewsIt() throws Exception {
        try (Pebble pebble = Pebble.start(directory, httpPort, listenPort)) {
            X509Certificate first = untilCertified(pebble, "http-01", InstantSource.system(), false);
            assertThat(untilCertified(pebble, "http-01", InstantSource.system(), true))
                    .as("kept over a restart")
                    .isEqualTo(first);
            Instant later = Instant.now().plus(Duration.ofDays(61));
            RelayNode node = new RelayNode(settings(pebble, "http-01"), "1", reloads, () -> later);
            RelayNode.Running running = node.start();
            try (TestNode before = TestNode.tls(running.relay()).join()) {
                assertThat(before.relayCertificates()[0])
                        .as("until it is renewed")
                        .isEqualTo(first);
                await().atMost(LIMIT).untilAsserted(() -> {
                    X509Certificate next = shown(running);
                    assertThat(next).isNotEqualTo(first);
                    assertThat(next.getIssuerX500Principal().getName()).contains("Pebble");
                });
                before.send(before.key(), "still here");
                assertThat(before.next().text()).isEqualTo("still here");
            } finally {
                node.stop();
            }
            assertSecretsAreTheOwners();
        }
    }

    @Test
    void ordersOnTheMainListener() throws Exception {
        try (Pebble pebble = Pebble.start(directory, httpPort, listenPort)) {
            X509Certificate certificate = untilCertified(pebble, "tls-alpn-01", InstantSource.system(), false);
            assertThat(certificate.getSubjectAlternativeNames()).hasSize(1);
        }
    }

    /** Runs a relay until it presents a certificate of the authority; a node that was there before stays connected. */
    private X509Certificate untilCertified(Pebble pebble, String challenge, InstantSource clock, boolean stored)
            throws Exception {
        RelayNode node = new RelayNode(settings(pebble, challenge), "1", reloads, clock);
        RelayNode.Running running = node.start();
        try (TestNode early = TestNode.tls(running.relay()).join()) {
            if (stored) {
                return early.relayCertificates()[0];
            }
            assertThat(running.pin()).isEmpty();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(
                                    shown(running).getIssuerX500Principal().getName())
                            .contains("Pebble"));
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(get(running.metrics(), "/readyz")).startsWith("HTTP/1.1 200"));
            early.send(early.key(), "still here");
            assertThat(early.next().text()).isEqualTo("still here");
            try (TestNode late = TestNode.tls(running.relay()).join()) {
                X509Certificate[] chain = late.relayCertificates();
                assertThat(chain).hasSizeGreaterThan(2);
                assertThat(chain[chain.length - 1].getSubjectX500Principal().getName())
                        .as("the meta certificate is the last one")
                        .startsWith("CN=derpkey");
                return chain[0];
            }
        } finally {
            node.stop();
        }
    }

    private static X509Certificate shown(RelayNode.Running running) throws IOException {
        try (TestNode node = TestNode.tls(running.relay())) {
            return node.relayCertificates()[0];
        }
    }

    private void assertSecretsAreTheOwners() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("relay/acme"))) {
            List<Path> all = files.toList();
            assertThat(all)
                    .hasSize(2)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }

    private RelaySettings settings(Pebble pebble, String challenge) {
        Map<String, String> options = new HashMap<>(Map.of(
                "hostname",
                "localhost",
                "listen",
                "127.0.0.1:" + listenPort,
                "http_listen",
                "127.0.0.1:" + httpPort,
                "stun_listen",
                "off",
                "metrics_listen",
                "127.0.0.1:0",
                "tls",
                "acme",
                "acme_url",
                pebble.url(),
                "acme_email",
                "ops@example.com",
                "acme_challenge",
                challenge,
                "data",
                directory.resolve("relay").toString()));
        return ((SettingsReader.Outcome.Usable) SettingsReader.read(null, options)).settings();
    }

    private static String get(InetSocketAddress server, String path) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
