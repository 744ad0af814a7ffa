package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code loadtest relay} in a form that takes seconds: two relays mesh, packets and round trips arrive, all is reported. */
class RelayLoadIT {
    @TempDir
    Path directory;

    @Test
    void measuresTwoRelaysThatMesh() throws Exception {
        Path file = directory.resolve("relay.json");
        DevProcess.Ended ended = DevProcess.run(
                "loadtest",
                "relay",
                "--derp-node",
                DevProcess.home().resolve("bin/derp-node").toString(),
                "--rounds",
                "1",
                "--time",
                "1",
                "--warm-up",
                "2",
                "--packets-per-second",
                "500",
                "--connections",
                "50",
                "--handshakes",
                "20",
                "--report",
                file.toString());
        // the aims are for a machine on which nothing else runs: whether they are reached says the exit code, 0 or 1
        assertThat(ended.exitCode()).as(ended.output()).isBetween(0, 1);
        Map<String, Double> figures = new HashMap<>();
        for (JsonNode figure : new JsonMapper().readTree(Files.readString(file)).get("figures")) {
            figures.put(figure.get("name").asString(), figure.get("value").asDouble());
        }
        assertThat(figures.get("connections held")).isEqualTo(50);
        assertThat(figures.get("round trip p99 at half load, 32 pairs")).isPositive();
        assertThat(figures.get("connections admitted per CPU-second")).isPositive();
        assertThat(figures.entrySet())
                .filteredOn(figure -> figure.getKey().startsWith("delivered packets per CPU-second"))
                .hasSize(3)
                .allSatisfy(figure -> assertThat(figure.getValue()).isPositive());
    }
}
