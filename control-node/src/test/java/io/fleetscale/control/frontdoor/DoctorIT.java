package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.fleetscale.control.doctor.Doctor;
import io.fleetscale.control.doctor.Finding;
import io.fleetscale.control.doctor.Finding.Level;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The self-test of a server's URL, through proxies that break one thing each. Source: field case F045. */
@Timeout(120)
class DoctorIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final RunningDoor door = new RunningDoor();

    @BeforeEach
    void start() throws IOException {
        door.start();
    }

    @AfterEach
    void close() {
        door.close();
    }

    @Test
    void aServerWithoutProxyIsWell() {
        List<Finding> findings = examine(door.address());

        assertThat(findings)
                .extracting(Finding::subject, Finding::level)
                .containsExactly(
                        tuple("health", Level.OK),
                        tuple("server key", Level.OK),
                        tuple("control protocol", Level.OK),
                        tuple("control protocol over WebSocket", Level.OK),
                        tuple("relay", Level.NOTE));
    }

    @Test
    void aProxyThatSwallowsUpgradeIsNamed() throws Exception {
        try (Proxy proxy = new Proxy(head -> head.replaceAll("(?i)\r\nupgrade: [^\r]*", ""))) {
            assertThat(finding(proxy, "control protocol"))
                    .isEqualTo(new Finding(
                            Level.FAIL,
                            "control protocol",
                            "status 400: the request arrives without \"Upgrade: tailscale-control-protocol\"; a proxy in "
                                    + "between must pass \"Upgrade\" and \"Connection\" on as they are, over HTTP/1.1: "
                                    + "see deploy/proxy"));
            assertThat(finding(proxy, "control protocol over WebSocket").level())
                    .isEqualTo(Level.FAIL);
        }
    }

    @Test
    void aProxyThatKnowsOnlyWebSocketsIsNamed() throws Exception {
        try (Proxy proxy = new Proxy(head -> head.replace("tailscale-control-protocol\r\nX-", "websocket\r\nX-"))) {
            assertThat(finding(proxy, "control protocol").text()).contains("Upgrade: tailscale-control-protocol");
            assertThat(finding(proxy, "control protocol over WebSocket").level())
                    .isEqualTo(Level.OK);
        }
    }

    @Test
    void whatIsNoControlServerIsNamed() throws Exception {
        try (Proxy proxy = new Proxy(head -> head.replace("GET /key", "GET /other"))) {
            assertThat(finding(proxy, "server key").text()).startsWith("status 404 without a key");
        }
    }

    private static Finding finding(Proxy proxy, String subject) {
        return examine(proxy.address()).stream()
                .filter(finding -> finding.subject().equals(subject))
                .findFirst()
                .orElseThrow();
    }

    private static List<Finding> examine(InetSocketAddress address) {
        return new Doctor(URI.create("http://127.0.0.1:" + address.getPort()), LIMIT, false).examine();
    }

    /** Passes bytes on, the head of each connection's first request changed. */
    private final class Proxy implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        private final UnaryOperator<String> change;

        Proxy(UnaryOperator<String> change) throws IOException {
            this.change = change;
            threads.execute(() -> {
                while (!listener.isClosed()) {
                    try {
                        Socket client = listener.accept();
                        threads.execute(() -> serve(client));
                    } catch (IOException closed) {
                        return;
                    }
                }
            });
        }

        InetSocketAddress address() {
            return (InetSocketAddress) listener.getLocalSocketAddress();
        }

        private void serve(Socket client) {
            try (client;
                    Socket server = new Socket(
                            door.address().getAddress(), door.address().getPort())) {
                StringBuilder head = new StringBuilder();
                InputStream in = client.getInputStream();
                while (head.indexOf("\r\n\r\n") < 0) {
                    int next = in.read();
                    if (next < 0) {
                        return;
                    }
                    head.append((char) next);
                }
                OutputStream out = server.getOutputStream();
                out.write(change.apply(head.toString()).getBytes(StandardCharsets.ISO_8859_1));
                out.flush();
                threads.execute(() -> copy(in, out));
                copy(server.getInputStream(), client.getOutputStream());
            } catch (IOException over) {
                // one of both has gone
            }
        }

        private static void copy(InputStream from, OutputStream to) {
            try {
                from.transferTo(to);
            } catch (IOException over) {
                // one of both has gone
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
            threads.shutdownNow();
        }
    }
}
