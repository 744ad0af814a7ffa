package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every method of Tailscale's own Go client, and the operations that it has none for, against the packaged program: the Go
 * module {@code loadtest/apiclients}. What it called with success is a column of {@code docs/tailscale-api.md}, which must say what the program describes of itself.
 */
class ApiClientsIT {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String TABLE = "docs/tailscale-api.md";

    @TempDir
    static Path directory;

    private static Path apiclients = Path.of("apiclients");

    @BeforeAll
    static void build() throws Exception {
        GoPrograms.assumeGo("the clients of the API");
        apiclients = directory.resolve("apiclients");
        Path module = DevProcess.repository().resolve("loadtest/apiclients");
        GoPrograms.execute(directory, module, "go", "build", "-o", apiclients.toString(), ".");
    }

    @Test
    void oneInstance() throws Exception {
        try (DevProcess dev = new DevProcess(directory.resolve("one"), "--flow-logs").start()) {
            List<ApiTable.Call> calls = walk(dev, dev.ready("url"));
            String now = ApiTable.of(description(dev), calls);
            Path table = DevProcess.repository().resolve(TABLE);
            if (Boolean.getBoolean("fleetscale.write-tables")) {
                Files.writeString(table, now);
            }
            assertThat(Files.readString(table))
                    .as(
                            "%s is written anew by ./mvnw verify -Dit.test=ApiClientsIT -Dfleetscale.write-tables=true",
                            TABLE)
                    .isEqualTo(now);
        }
    }

    /** Each call goes to the next of three instances: what one of them wrote, the next one knows. */
    @Test
    @Tag("full")
    void threeInstancesInRotation() throws Exception {
        try (DevProcess dev = new DevProcess(directory.resolve("three"), "--instances", "3", "--flow-logs").start()) {
            String urls = dev.told()
                    .get("instances")
                    .valueStream()
                    .map(instance -> instance.get("url").asString())
                    .collect(Collectors.joining(","));
            assertThat(urls.split(",")).hasSize(3);
            walk(dev, urls);
        }
    }

    private static List<ApiTable.Call> walk(DevProcess dev, String urls) throws Exception {
        Path calls = Files.createTempFile(directory, "calls", ".txt");
        String output = GoPrograms.execute(
                directory,
                directory,
                apiclients.toString(),
                "-urls",
                urls,
                "-apikey",
                dev.ready("api_key"),
                "-user",
                dev.ready("user"),
                "-calls",
                calls.toString());
        assertThat(output).contains(", 0 failed");
        return Files.readAllLines(calls).stream().map(ApiTable.Call::parse).toList();
    }

    private static JsonNode description(DevProcess dev) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(dev.ready("url") + "/api/v2/openapi.json"))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            return JSON.readTree(
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body());
        }
    }
}
