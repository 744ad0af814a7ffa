package io.fleetscale.deploy;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code fleetscale dev} of the packaged archive on a data directory of its own. */
final class DevProcess implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Path directory;
    private final List<String> options;
    private String listen = "127.0.0.1:0";
    private volatile @Nullable Process process;
    private volatile @Nullable JsonNode ready;

    DevProcess(Path directory, String... options) {
        this.directory = directory;
        this.options = List.of(options);
    }

    static Path home() {
        return Path.of(System.getProperty("fleetscale.home"));
    }

    static Path repository() {
        return Path.of(System.getProperty("fleetscale.repository")).normalize();
    }

    /** The launcher, as a process builder with the given arguments; standard error joins standard output. */
    static ProcessBuilder launcher(String program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(home().resolve("bin").resolve(program).toString());
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true);
    }

    /** Runs a command to its end, at most a minute. */
    static Ended run(String program, String... arguments) {
        try {
            Process process = launcher(program, List.of(arguments)).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(program + " did not end within 60 s: " + output);
            }
            return new Ended(process.exitValue(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    record Ended(int exitCode, String output) {}

    /** Starts the program and waits until its ready file is there; on a second start it listens where it did before. */
    DevProcess start() {
        Path readyFile = directory.resolve("ready.json");
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(readyFile);
            List<String> arguments = new ArrayList<>(List.of(
                    "dev",
                    "--data",
                    directory.resolve("data").toString(),
                    "--listen",
                    listen,
                    "--grpc-listen",
                    "127.0.0.1:0",
                    "--metrics-listen",
                    "127.0.0.1:0",
                    "--ready-file",
                    readyFile.toString()));
            arguments.addAll(options);
            Process started = launcher("fleetscale", arguments)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                    .start();
            process = started;
            await().atMost(Duration.ofMinutes(4))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> Files.exists(readyFile) || !started.isAlive());
            if (!Files.exists(readyFile)) {
                throw new IllegalStateException("dev ended before it was ready: " + output());
            }
            JsonNode told = JSON.readTree(Files.readString(readyFile));
            ready = told;
            listen = URI.create(told.get("url").asString()).getAuthority();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path log() {
        return directory.resolve("dev.log");
    }

    /** Everything that the program wrote until now. */
    String output() {
        try {
            return Files.exists(log()) ? Files.readString(log()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path directory() {
        return directory;
    }

    /** A member of the ready file. */
    String ready(String name) {
        return told().get(name).asString();
    }

    /** A member of the ready file that is more than a text. */
    JsonNode readyNode(String name) {
        return told().get(name);
    }

    long pid() {
        return told().get("pid").asLong();
    }

    /** The whole ready file. */
    JsonNode told() {
        JsonNode file = ready;
        if (file == null) {
            throw new IllegalStateException("not ready yet");
        }
        return file;
    }

    /** Calls the administration API with the ready file's key. */
    Answer api(String method, String path, @Nullable String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(ready("url") + path))
                .timeout(Duration.ofSeconds(20))
                .header("Authorization", "Bearer " + ready("api_key"))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    record Answer(int status, String body) {
        JsonNode json() {
            return JSON.readTree(body);
        }
    }

    /** SIGTERM; the exit code, or a failure when it takes longer than {@code limit}. */
    int terminate(Duration limit) {
        Process running = running();
        running.destroy();
        try {
            if (!running.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                running.destroyForcibly();
                throw new IllegalStateException("still there " + limit + " after SIGTERM: " + output());
            }
            return running.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** SIGKILL. The database that it supervises stays behind, as it would for a user. */
    void kill() {
        try {
            running().destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private Process running() {
        Process started = process;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    @Override
    public void close() {
        Process started = process;
        if (started != null && started.isAlive()) {
            terminate(Duration.ofSeconds(20));
        }
    }
}
