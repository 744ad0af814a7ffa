package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The relay as a program of its own, from the packaged archive. */
class DerpNodeIT {
    @TempDir
    Path directory;

    @Test
    void servesAndEndsAtSigterm() throws Exception {
        Path readyFile = directory.resolve("ready.json");
        Process relay = DevProcess.launcher(
                        "derp-node",
                        List.of(
                                "serve",
                                "--hostname",
                                "127.0.0.1",
                                "--listen",
                                "127.0.0.1:0",
                                "--http-listen",
                                "off",
                                "--stun-listen",
                                "127.0.0.1:0",
                                "--metrics-listen",
                                "127.0.0.1:0",
                                "--data",
                                directory.resolve("relay").toString(),
                                "--ready-file",
                                readyFile.toString()))
                .redirectOutput(directory.resolve("relay.log").toFile())
                .start();
        try {
            await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(readyFile) || !relay.isAlive());
            JsonNode ready = new JsonMapper().readTree(Files.readString(readyFile));
            assertThat(ready.get("cert_name").asString()).startsWith("sha256-raw:");
            try (HttpClient http = HttpClient.newHttpClient()) {
                URI readyz = URI.create("http://" + ready.get("metrics").asString() + "/readyz");
                HttpResponse<String> answer =
                        http.send(HttpRequest.newBuilder(readyz).build(), HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(200);
            }
            relay.destroy();
            assertThat(relay.waitFor(5, TimeUnit.SECONDS)).isTrue();
            assertThat(relay.exitValue()).isZero();
        } finally {
            relay.destroyForcibly();
        }
    }

    @Test
    void tellsWhatIsWrongWithItsSettings() {
        DevProcess.Ended ended = DevProcess.run("derp-node", "serve", "--listen", "nonsense");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.output()).contains("hostname").contains("nonsense");
    }
}
