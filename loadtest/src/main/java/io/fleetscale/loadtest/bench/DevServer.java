package io.fleetscale.loadtest.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code fleetscale dev} as a process of its own, on free ports of the loopback interface.
 *
 * @param seconds from the start of the process until it was ready
 * @param ready what its ready file tells
 */
record DevServer(Process process, double seconds, JsonNode ready) {
    /** With the making of the start-up cache, which takes minutes on a busy machine. */
    private static final Duration START_LIMIT = Duration.ofMinutes(6);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    /**
     * Starts the program and waits until it is ready.
     *
     * @param launcher {@code bin/fleetscale}
     * @param directory for its data and ready file
     * @param cache whether it may use its start-up cache
     */
    static DevServer start(Path launcher, Path directory, boolean cache) throws IOException, InterruptedException {
        Path ready = directory.resolve("ready.json");
        Files.deleteIfExists(ready);
        ProcessBuilder builder = new ProcessBuilder(
                        launcher.toString(),
                        "dev",
                        "--data",
                        directory.resolve("data").toString(),
                        "--listen",
                        "127.0.0.1:0",
                        "--grpc-listen",
                        "127.0.0.1:0",
                        "--metrics-listen",
                        "127.0.0.1:0",
                        "--stun-listen",
                        "127.0.0.1:0",
                        "--ready-file",
                        ready.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        if (!cache) {
            builder.environment().put("FLEETSCALE_NO_CACHE", "1");
        }
        long before = System.nanoTime();
        Process process = builder.start();
        while (!Files.exists(ready)) {
            if (!process.isAlive()) {
                throw new IllegalStateException("fleetscale dev ended with exit code " + process.exitValue());
            }
            if (System.nanoTime() - before > START_LIMIT.toNanos()) {
                process.destroyForcibly();
                throw new IllegalStateException("fleetscale dev was not ready within " + START_LIMIT);
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        double seconds = (System.nanoTime() - before) / 1e9;
        return new DevServer(process, seconds, new JsonMapper().readTree(Files.readString(ready)));
    }

    /** A member of the ready file. */
    String told(String name) {
        return ready.get(name).asString();
    }

    void stop() throws IOException, InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("fleetscale dev did not end within " + STOP_LIMIT + " of SIGTERM");
        }
    }

    /** The ready file holds keys. */
    @Override
    public String toString() {
        return "DevServer[pid=" + process.pid() + "]";
    }
}
