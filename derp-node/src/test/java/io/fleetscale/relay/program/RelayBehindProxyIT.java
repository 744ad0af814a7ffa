package io.fleetscale.relay.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.runtime.Reloads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay behind proxies that pass TCP on and name the node: admission, the mesh and the pages see the node's address. */
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end with CRLF
class RelayBehindProxyIT {
    private static final byte[] V1 = "PROXY TCP6 2001:db8::9 ::1 1000 443\r\n".getBytes(StandardCharsets.US_ASCII);
    /** Signature, version 2 PROXY, TCP over IPv4, twelve bytes: 198.51.100.9:1000 to 127.0.0.1:443. */
    private static final byte[] V2 = HexFormat.of()
            .parseHex("0d0a0d0a000d0a515549540a" + "2111000c" + "c6336409" + "7f000001" + "03e8" + "01bb");
    /** Version 2 LOCAL: the proxy's own probe. */
    private static final byte[] V2_LOCAL = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a" + "20000000");

    private static final byte[] NO_HEADER = new byte[0];
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void aTrustedProxyNamesTheNode() throws Exception {
        Queue<String> questions = new ConcurrentLinkedQueue<>();
        HttpServer control = control(questions);
        RelayNode node = new RelayNode(
                settings(Map.of(
                        "trusted_proxies",
                        "192.0.2.0/24, 127.0.0.0/8",
                        "verify_url",
                        "http://127.0.0.1:" + control.getAddress().getPort() + "/verify")),
                "1",
                new Reloads());
        RelayNode.Running running = node.start();
        try (TestNode a = TestNode.tlsBehindProxy(running.relay(), V1).join();
                TestNode b = TestNode.tlsBehindProxy(running.relay(), V2).join();
                TestNode probe =
                        TestNode.tlsBehindProxy(running.relay(), V2_LOCAL).join();
                TestNode direct =
                        TestNode.tlsBehindProxy(running.relay(), NO_HEADER).join()) {
            a.send(b.key(), "hello");
            assertThat(b.next().text()).isEqualTo("hello");
            assertThat(questions)
                    .containsExactly(
                            question(a, "2001:db8::9"),
                            question(b, "198.51.100.9"),
                            question(probe, "127.0.0.1"),
                            question(direct, "127.0.0.1"));
            assertThat(get(running.metrics(), "/debug/connections"))
                    .contains("\"connections\":4")
                    .contains("\"node\":\"" + a.key() + "\",\"address\":\"2001:db8::9\",\"port\":1000")
                    .contains("\"node\":\"" + b.key() + "\",\"address\":\"198.51.100.9\",\"port\":1000");
            assertThat(raw(running.plain(), V1, "GET /generate_204 HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .startsWith("HTTP/1.1 204");
            assertThat(raw(running.plain(), V2, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .startsWith("HTTP/1.1 302");
        } finally {
            node.stop();
            control.stop(0);
        }
    }

    @Test
    void aProxyThatEndsTlsNamesTheNodeInAHeader() throws Exception {
        RelayNode node =
                new RelayNode(settings(Map.of("tls", "off", "trusted_proxies", "127.0.0.1/32")), "1", new Reloads());
        RelayNode.Running running = node.start();
        try (TestNode a = TestNode.plain(running.relay())) {
            assertThat(
                            a.request(
                                    "GET /derp HTTP/1.1\r\nHost: x\r\nUpgrade: DERP\r\nX-Forwarded-For: 203.0.113.5, 198.51.100.77\r\n\r\n"))
                    .startsWith("HTTP/1.1 101");
            a.greet(a.serverKey());
            assertThat(a.next().type()).isEqualTo(0x03);
            assertThat(get(running.metrics(), "/debug/connections")).contains("\"address\":\"198.51.100.77\"");
        } finally {
            node.stop();
        }
    }

    @Test
    void anUntrustedPeerCannotChooseItsAddress() throws Exception {
        RelayNode node =
                new RelayNode(settings(Map.of("tls", "off", "trusted_proxies", "192.0.2.0/24")), "1", new Reloads());
        RelayNode.Running running = node.start();
        try (TestNode forger = TestNode.plain(running.relay())) {
            assertThat(raw(running.relay(), V1, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .startsWith("HTTP/1.1 400");
            assertThat(forger.request(
                            "GET /derp HTTP/1.1\r\nHost: x\r\nUpgrade: DERP\r\nX-Forwarded-For: 198.51.100.77\r\n\r\n"))
                    .startsWith("HTTP/1.1 101");
            forger.greet(forger.serverKey());
            assertThat(forger.next().type()).isEqualTo(0x03);
            assertThat(get(running.metrics(), "/debug/connections")).contains("\"address\":\"127.0.0.1\"");
        } finally {
            node.stop();
        }
        RelayNode secure = new RelayNode(settings(Map.of()), "1", new Reloads());
        RelayNode.Running other = secure.start();
        try {
            assertThatThrownBy(() -> TestNode.tlsBehindProxy(other.relay(), V2)).isInstanceOf(IOException.class);
        } finally {
            secure.stop();
        }
    }

    @Test
    void aMalformedHeaderEndsTheConnectionAndIsCounted() throws Exception {
        RelayNode node =
                new RelayNode(settings(Map.of("tls", "off", "trusted_proxies", "127.0.0.1/32")), "1", new Reloads());
        RelayNode.Running running = node.start();
        try (TestNode good = TestNode.plain(running.relay()).join()) {
            byte[] tooShort = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a" + "21110004" + "01020304");
            byte[] nonsense = "PROXY TCP4 nowhere 1\r\n".getBytes(StandardCharsets.US_ASCII);
            for (byte[] bad : new byte[][] {tooShort, nonsense}) {
                assertThat(raw(running.relay(), bad, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
                        .isEmpty();
            }
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(get(running.metrics(), "/metrics"))
                            .contains("fleetscale_relay_refused{reason=\"proxy_header\"} 2.0"));
            good.send(good.key(), "still here");
            assertThat(good.next().text()).isEqualTo("still here");
        } finally {
            node.stop();
        }
    }

    /** Admits everybody and notes who is asked about. */
    private static HttpServer control(Queue<String> questions) throws IOException {
        HttpServer control = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        control.createContext("/verify", exchange -> {
            questions.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] answer = "{\"Allow\":true}".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer);
            }
        });
        control.start();
        return control;
    }

    private static String question(TestNode node, String source) {
        return "{\"NodePublic\":\"" + node.key() + "\",\"Source\":\"" + source + "\"}";
    }

    private RelaySettings settings(Map<String, String> more) {
        Map<String, String> options = new HashMap<>(Map.of(
                "hostname", "127.0.0.1",
                "listen", "127.0.0.1:0",
                "http_listen", "127.0.0.1:0",
                "stun_listen", "off",
                "metrics_listen", "127.0.0.1:0",
                "data", directory.resolve("relay").toString()));
        options.putAll(more);
        return ((SettingsReader.Outcome.Usable) SettingsReader.read(null, options)).settings();
    }

    private static String get(InetSocketAddress server, String path) throws IOException {
        return raw(server, NO_HEADER, "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }

    private static String raw(@Nullable InetSocketAddress server, byte[] preamble, String request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.connect(server);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(preamble);
            all.writeBytes(request.getBytes(StandardCharsets.US_ASCII));
            // in one piece: an answer to the first part would be lost in the reset that the second causes
            socket.getOutputStream().write(all.toByteArray());
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException e) {
            return ""; // reset, with a request that was not read
        }
    }
}
