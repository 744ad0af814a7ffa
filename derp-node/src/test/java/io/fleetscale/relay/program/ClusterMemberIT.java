package io.fleetscale.relay.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.FrameType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A relay does what a control server tells it; the control server is played. */
class ClusterMemberIT {
    private static final String TOKEN = "a secret of relays";

    @TempDir
    Path directory;

    private final BoxKeyPair known = BoxKeyPair.generate(new SecureRandom());
    private final List<String> heartbeats = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> pages = new LinkedBlockingQueue<>();
    private HttpServer control;
    private volatile String state = "serving";

    @BeforeEach
    void startControl() throws IOException {
        Files.writeString(directory.resolve("token"), TOKEN + "\n");
        control = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        control.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        control.createContext("/relay/v1/heartbeat", exchange -> {
            assertThat(exchange.getRequestHeaders().getFirst("Authorization")).isEqualTo("Bearer " + TOKEN);
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            heartbeats.add(body);
            String told = body.contains("\"leaving\":true") ? "away" : state;
            answer(exchange, "{\"state\":\"" + told + "\",\"peers\":[],\"mesh_keys\":[\"" + "a1".repeat(32) + "\"]}");
        });
        control.createContext("/relay/v1/nodes", exchange -> {
            try {
                String page = pages.poll(5, TimeUnit.SECONDS);
                answer(exchange, page == null ? "{\"place\":\"p\",\"all\":false,\"add\":[],\"remove\":[]}" : page);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        control.createContext("/verify", exchange -> answer(exchange, "{\"Allow\":false}"));
        control.start();
    }

    @AfterEach
    void stopControl() {
        control.stop(0);
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        try (exchange) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Test
    void admitsTheNodesOfTheListAndDisconnectsThoseThatLeaveIt() throws Exception {
        pages.add("{\"place\":\"p1\",\"all\":true,\"add\":[\"" + hex() + "\"],\"remove\":[]}");
        RelayNode node = new RelayNode(settings(), "1", new Reloads());
        RelayNode.Running running = node.start();
        try (TestNode stranger = TestNode.plain(running.relay())) {
            await().until(() -> pages.isEmpty() && !heartbeats.isEmpty());
            assertThat(heartbeats.getFirst())
                    .contains("\"name\":\"relay-1\"")
                    .contains("\"region_id\":900")
                    .contains("\"derp_port\":" + running.relay().getPort());
            stranger.upgrade();
            stranger.greet(stranger.serverKey());
            assertThat(stranger.isClosedByRelay()).isTrue();
            try (TestNode admitted =
                    TestNode.plain(running.relay()).withKeys(known).join()) {
                admitted.send(admitted.key(), "me");
                assertThat(admitted.next().text()).isEqualTo("me");
                pages.add("{\"place\":\"p2\",\"all\":false,\"add\":[],\"remove\":[\"" + hex() + "\"]}");
                assertThat(admitted.isClosedByRelay()).isTrue();
            }
        } finally {
            node.stop();
        }
        assertThat(heartbeats.getLast()).contains("\"leaving\":true");
    }

    @Test
    void drainsAndServesAgain() throws Exception {
        pages.add("{\"place\":\"p1\",\"all\":true,\"add\":[\"" + hex() + "\"],\"remove\":[]}");
        RelayNode node = new RelayNode(settings(), "1", new Reloads());
        RelayNode.Running running = node.start();
        try {
            await().until(pages::isEmpty);
            await().ignoreExceptions().untilAsserted(() -> joined(running).close());
            try (TestNode admitted = joined(running)) {
                state = "draining";
                assertThat(admitted.next(FrameType.RESTARTING).type()).isEqualTo(FrameType.RESTARTING);
                assertThat(admitted.isClosedByRelay()).isTrue();
            }
            await().until(() -> isRefused(running));
            state = "serving";
            await().ignoreExceptions().untilAsserted(() -> joined(running).close());
        } finally {
            node.stop();
        }
    }

    private TestNode joined(RelayNode.Running running) throws IOException {
        return TestNode.plain(running.relay()).withKeys(known).join();
    }

    private static boolean isRefused(RelayNode.Running running) {
        try {
            TestNode.plain(running.relay()).close();
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private String hex() {
        return known.publicKey().raw().toHex();
    }

    private RelaySettings settings() {
        Map<String, String> options = new HashMap<>(Map.of(
                "hostname", "127.0.0.1",
                "listen", "127.0.0.1:0",
                "http_listen", "off",
                "stun_listen", "off",
                "metrics_listen", "127.0.0.1:0",
                "tls", "off",
                "data", directory.resolve("relay").toString()));
        options.put("control_url", "http://127.0.0.1:" + control.getAddress().getPort());
        options.put("control_token_file", directory.resolve("token").toString());
        options.put("name", "relay-1");
        options.put("region_id", "900");
        options.put("drain_window", "0");
        return ((SettingsReader.Outcome.Usable) SettingsReader.read(null, options)).settings();
    }
}
