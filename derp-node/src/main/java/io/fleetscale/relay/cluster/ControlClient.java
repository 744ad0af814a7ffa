package io.fleetscale.relay.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Calls of the control servers, with the relay's secret. After a failure the next call goes to the next server. Blocks;
 * thread-safe; never prints the secret.
 */
public final class ControlClient implements AutoCloseable {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
    private static final int OK = 200;
    /** All keys of a large tailnet. */
    private static final int MAX_ANSWER_BYTES = 64 << 20;

    private static final int MAX_PROBLEM_BYTES = 4096;

    private final List<URI> servers;
    private final Path tokenFile;
    private final AtomicInteger current = new AtomicInteger();
    private final JsonMapper json = new JsonMapper();
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(CONNECT_LIMIT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    /**
     * @param servers base addresses of control servers, at least one
     * @param tokenFile its first line is the secret; read for each call, so that it can be changed
     */
    public ControlClient(List<URI> servers, Path tokenFile) {
        this.servers = List.copyOf(servers);
        this.tokenFile = tokenFile;
    }

    /**
     * @throws IOException if no answer came or it was a refusal, with what the server says about it
     */
    JsonNode post(String path, String body, Duration limit) throws IOException, InterruptedException {
        return call(path, HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(body)), limit);
    }

    /** As {@link #post}. */
    JsonNode get(String path, Duration limit) throws IOException, InterruptedException {
        return call(path, HttpRequest.newBuilder().GET(), limit);
    }

    private JsonNode call(String path, HttpRequest.Builder request, Duration limit)
            throws IOException, InterruptedException {
        int index = current.get();
        URI server = servers.get(Math.floorMod(index, servers.size()));
        HttpRequest complete = request.uri(server.resolve(path))
                .header("Authorization", "Bearer " + token())
                .header("Content-Type", "application/json")
                .timeout(limit)
                .build();
        try {
            HttpResponse<InputStream> response = http.send(complete, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                if (response.statusCode() != OK) {
                    byte[] text = in.readNBytes(MAX_PROBLEM_BYTES);
                    throw new IOException(server + " answers " + response.statusCode() + " "
                            + problem(new String(text, StandardCharsets.UTF_8)));
                }
                return json.readTree(in.readNBytes(MAX_ANSWER_BYTES));
            }
        } catch (JacksonException e) {
            throw new IOException(server + " answers something that is not JSON", e);
        } catch (IOException e) {
            boolean unused = current.compareAndSet(index, index + 1);
            throw e;
        }
    }

    private String problem(String body) {
        try {
            return json.readTree(body).path("error").asString("").replaceAll("[^ -~]", "?");
        } catch (JacksonException e) {
            return "";
        }
    }

    private String token() throws IOException {
        return Files.readString(tokenFile, StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .findFirst()
                .orElseThrow(() -> new IOException("control_token_file " + tokenFile + ": is empty"));
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    @Override
    public String toString() {
        return "ControlClient" + servers;
    }
}
