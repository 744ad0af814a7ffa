package io.fleetscale.relay.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay as a program of its own, all listeners open. */
class RelayNodeIT {
    @TempDir
    Path directory;

    @Test
    void nodesTalkThroughItAndItsIdentitySurvivesARestart() throws Exception {
        RelayNode.Running first;
        RelayNode node = new RelayNode(settings(Map.of()), "1", new Reloads());
        first = node.start();
        try (TestNode a = TestNode.tls(first.relay(), "TLSv1.3").join();
                TestNode b = TestNode.tls(first.relay(), "TLSv1.2").join()) {
            a.send(b.key(), "hello");
            assertThat(b.next().text()).isEqualTo("hello");
            assertThat(first.pin()).startsWith("sha256-raw:");
        } finally {
            assertThat(node.stop()).isEqualTo(Lifecycle.End.CLEAN);
        }
        RelayNode again = new RelayNode(settings(Map.of()), "1", new Reloads());
        RelayNode.Running second = again.start();
        again.stop();
        assertThat(second.publicKey()).isEqualTo(first.publicKey());
        assertThat(second.pin()).isEqualTo(first.pin());
    }

    @Test
    void answersProbesAndSendsBrowsersToHttps() throws Exception {
        RelayNode node = new RelayNode(settings(Map.of()), "1", new Reloads());
        RelayNode.Running running = node.start();
        try {
            assertThat(http(running.plain(), "GET /generate_204 HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .startsWith("HTTP/1.1 204");
            assertThat(http(running.plain(), "GET /x?y HTTP/1.1\r\nHost: relay.example.com\r\n\r\n"))
                    .startsWith("HTTP/1.1 302")
                    .contains("ocation: https://relay.example.com/x?y");
            assertThat(http(running.plain(), "POST /derp HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"))
                    .startsWith("HTTP/1.1 400");
            assertThat(http(running.plain(), "GET /derp HTTP/1.1\r\nHost: a\r\nUpgrade: DERP\r\n\r\n"))
                    .startsWith("HTTP/1.1 302");
        } finally {
            node.stop();
        }
    }

    @Test
    void theHomePageAndTheProbesWithoutTls() throws Exception {
        RelayNode node = new RelayNode(settings(Map.of("tls", "off")), "1", new Reloads());
        RelayNode.Running running = node.start();
        try {
            assertThat(http(running.relay(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200")
                    .contains("DERP relay");
            assertThat(http(running.relay(), "GET /derp/probe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200");
            assertThat(http(running.relay(), "GET /derp HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 426");
            assertThat(http(running.relay(), "GET /bootstrap-dns?q=a HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .startsWith("HTTP/1.1 200")
                    .contains("application/json")
                    .contains("\r\n\r\n{");
            try (TestNode a = TestNode.plain(running.relay()).join()) {
                a.send(a.key(), "me");
                assertThat(a.next().text()).isEqualTo("me");
            }
        } finally {
            node.stop();
        }
    }

    /** The control server says who may use the relay; who was admitted stays so while it does not answer. */
    @Test
    void asksTheControlServer() throws Exception {
        AtomicReference<String> allowed = new AtomicReference<>("");
        AtomicInteger asked = new AtomicInteger();
        HttpServer control = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        control.createContext("/verify", exchange -> {
            asked.incrementAndGet();
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean allow = body.contains("\"NodePublic\":\"" + allowed.get() + "\"")
                    && body.contains("\"Source\":\"127.0.0.1\"");
            byte[] answer = ("{\"Allow\":" + allow + "}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer);
            }
        });
        control.start();
        RelayNode node = new RelayNode(
                settings(Map.of(
                        "tls",
                        "off",
                        "verify_url",
                        "http://127.0.0.1:" + control.getAddress().getPort() + "/verify",
                        "verify_fail_open",
                        "false")),
                "1",
                new Reloads());
        RelayNode.Running running = node.start();
        try (TestNode known = TestNode.plain(running.relay());
                TestNode stranger = TestNode.plain(running.relay())) {
            allowed.set(known.key().toString());
            known.join();
            stranger.upgrade();
            stranger.greet(stranger.serverKey());
            assertThat(stranger.isClosedByRelay()).isTrue();
            assertThat(asked).hasValue(2);
            control.stop(0);
            try (TestNode lateStranger = TestNode.plain(running.relay())) {
                lateStranger.upgrade();
                lateStranger.greet(lateStranger.serverKey());
                assertThat(lateStranger.isClosedByRelay()).isTrue();
            }
            known.send(known.key(), "still here");
            assertThat(known.next().text()).isEqualTo("still here");
        } finally {
            control.stop(0);
            node.stop();
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        RelayNode node = new RelayNode(settings(Map.of()), "1", new Reloads());
        RelayNode.Running running = node.start();
        try {
            RelayNode second = new RelayNode(
                    settings(Map.of("listen", "127.0.0.1:" + running.relay().getPort())), "1", new Reloads());
            assertThatThrownBy(second::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot listen on")
                    .hasMessageContaining(Integer.toString(running.relay().getPort()));
        } finally {
            node.stop();
        }
    }

    private RelaySettings settings(Map<String, String> more) {
        Map<String, String> options = new HashMap<>(Map.of(
                "hostname", "127.0.0.1",
                "listen", "127.0.0.1:0",
                "http_listen", "127.0.0.1:0",
                "stun_listen", "127.0.0.1:0",
                "metrics_listen", "127.0.0.1:0",
                "data", directory.resolve("relay").toString()));
        options.putAll(more);
        return ((SettingsReader.Outcome.Usable) SettingsReader.read(null, options)).settings();
    }

    private static String http(@Nullable InetSocketAddress server, String request) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.connect(server);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
