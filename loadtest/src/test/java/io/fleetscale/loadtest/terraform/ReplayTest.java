package io.fleetscale.loadtest.terraform;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    ReplayTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String what = exchange.getRequestMethod() + " " + exchange.getRequestURI();
            asked.add(what + " " + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] body = answers.getOrDefault(what, "{}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    private URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private static Exchange exchange(String method, String path, String body, String answer) {
        return new Exchange("apply", method, path, "", "", "", body, 200, answer);
    }

    @Test
    void identifiersAreLearnedAndUsed() throws Exception {
        answers.put("POST /keys", "{\"id\":\"kNew\",\"created\":\"2026-03-02T00:00:00Z\",\"key\":\"new secret\"}");
        try (Replay replay = new Replay(url(), "key")) {
            List<Replay.Said> said = replay.run(List.of(
                    exchange(
                            "POST",
                            "/keys",
                            "{\"a\":1}",
                            "{\"id\":\"kOld\",\"created\":\"2026-03-01T00:00:00Z\",\"key\":\"scrubbed\"}"),
                    exchange("GET", "/keys/kOld?x=kOld", "", "{}"),
                    exchange("PUT", "/keys/kOld", "{\"ref\":[\"kOld\",\"kOlder\"]}", "{}")));

            assertThat(replay.problems()).isEmpty();
            assertThat(said).hasSize(3);
        }
        assertThat(asked)
                .containsExactly(
                        "POST /keys {\"a\":1}",
                        "GET /keys/kNew?x=kNew ",
                        "PUT /keys/kNew {\"ref\":[\"kNew\",\"kOlder\"]}");
    }

    @Test
    void differencesAreProblems() throws Exception {
        answers.put("GET /a", "{\"name\":\"x\",\"created\":\"yesterday\",\"list\":[1]}");
        try (Replay replay = new Replay(url(), "key")) {
            List<Replay.Said> said = replay.run(List.of(exchange(
                    "GET",
                    "/a",
                    "",
                    "{\"name\":\"y\",\"created\":\"2026-03-01T00:00:00Z\",\"list\":[1,2],\"more\":true}")));

            assertThat(said).hasSize(1);
            assertThat(replay.problems()).hasSize(4);
        }
    }

    @Test
    void recordingsAreReadAsTheyWereWritten(@TempDir Path directory) throws Exception {
        Exchange one = exchange("POST", "/keys", "{\"a\":\"\\n\"}", "{\"id\":\"k\",\"nested\":[{\"secret\":\"s\"}]}");
        Exchange.write(directory.resolve("r.json"), List.of(one.scrubbed(), exchange("GET", "/", "", "text // kept")));

        List<Exchange> read = Exchange.read(directory.resolve("r.json"));

        assertThat(read.get(0).body()).isEqualTo(one.body());
        assertThat(read.get(0).answer()).isEqualTo("{\"id\":\"k\",\"nested\":[{\"secret\":\"scrubbed\"}]}");
        assertThat(read.get(1).answer()).isEqualTo("text // kept");
        assertThat(read.get(0).isWrite()).isTrue();
        assertThat(read.get(1).isWrite()).isFalse();
    }
}
