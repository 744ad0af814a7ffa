package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code fleetscale dev --relays 2}: two relays of one region as processes of their own, in the packaged program. */
class DevRelaysIT {
    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void twoRelaysRegisterMeshAndCanBeStartedAgain() throws Exception {
        try (DevProcess dev = new DevProcess(directory, "--relays", "2", "--stun-listen", "127.0.0.1:0").start()) {
            List<String> names = new ArrayList<>();
            for (JsonNode relay : dev.readyNode("relays")) {
                names.add(relay.get("name").asString());
                assertThat(ProcessHandle.of(relay.get("pid").asLong())).isPresent();
                assertThat(relay.get("host").asString()).isEqualTo("127.0.0.1");
            }
            assertThat(names).containsExactly("relay-1", "relay-2");

            JsonNode regions = derpMap(dev);
            assertThat(regions.size()).isEqualTo(1);
            JsonNode nodes = regions.iterator().next().get("Nodes");
            assertThat(nodes.size()).isEqualTo(2);
            for (JsonNode node : nodes) {
                assertThat(node.get("CertName").asString()).startsWith("sha256-raw:");
                assertThat(node.get("STUNPort").asInt()).isPositive();
            }
            awaitMesh();

            // Kept by its old place in the map until it is back: nothing starts it by itself.
            ProcessHandle victim = ProcessHandle.of(
                            dev.readyNode("relays").get(1).get("pid").asLong())
                    .orElseThrow();
            assertThat(victim.destroyForcibly()).isTrue();
            await().atMost(LIMIT).until(() -> !victim.isAlive());
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(derpMap(dev).iterator().next().get("Nodes"))
                                    .hasSize(1));
            DevProcess.Ended started = DevProcess.run(
                    "fleetscale",
                    "dev",
                    "start",
                    "relay-2",
                    "--data",
                    directory.resolve("data").toString());
            assertThat(started.exitCode()).as(started.output()).isZero();
            await().atMost(LIMIT).untilAsserted(() -> assertThat(derpMap(dev)).isEqualTo(regions));
            awaitMesh();
            assertThat(dev.terminate(LIMIT)).isZero();
        }
        assertLeftoversAreForgotten();
    }

    /** The next start has a relay of its own inside, and clients are told of no other. */
    private void assertLeftoversAreForgotten() {
        try (DevProcess dev = new DevProcess(directory, "--stun-listen", "127.0.0.1:0").start()) {
            JsonNode regions = derpMap(dev);
            assertThat(regions.size()).isEqualTo(1);
            assertThat(regions.has("999")).isTrue();
            assertThat(dev.readyNode("relays")).isEmpty();
        }
    }

    private static JsonNode derpMap(DevProcess dev) {
        String map = dev.api("GET", "/api/v1/relay/map", null).json().get("map").asString();
        return JSON.readTree(map).get("Regions");
    }

    /** Each is watched by the other: it has told it who is connected. */
    private void awaitMesh() {
        for (String name : List.of("relay-1", "relay-2")) {
            await().atMost(LIMIT).untilAsserted(() -> assertThat(metrics(name)).contains("derp_watchers 1.0"));
        }
    }

    private String metrics(String relay) {
        try {
            JsonNode ready = JSON.readTree(Files.readString(
                    directory.resolve("data/relays").resolve(relay).resolve("ready.json")));
            URI uri = URI.create("http://" + ready.get("metrics").asString() + "/metrics");
            return HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
