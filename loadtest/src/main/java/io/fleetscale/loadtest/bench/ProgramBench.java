package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Start times of {@code fleetscale dev}, cold and warm, and the time of one command from start to finish. */
final class ProgramBench {
    private static final Duration START_LIMIT = Duration.ofSeconds(120);
    private static final int COMMAND_RUNS = 11;

    private final Path launcher;

    /**
     * @param launcher {@code bin/fleetscale} of a clone or of the archive
     */
    ProgramBench(Path launcher) {
        this.launcher = launcher;
    }

    void run(Report report) throws Exception {
        Path directory = Files.createTempDirectory("fleetscale-bench");
        try {
            start(directory, true).stop(); // builds the start-up cache, initialises the database
            List<Double> cold = new ArrayList<>();
            List<Double> warm = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Started withoutCache = start(directory, false);
                cold.add(withoutCache.seconds);
                withoutCache.stop();
                Started withCache = start(directory, true);
                warm.add(withCache.seconds);
                if (i == 2) {
                    commands(report, withCache);
                }
                withCache.stop();
            }
            report.add(Figure.atMost(
                    "dev: process start to ready, without start-up cache", median(cold), 10, "s", "median of 3"));
            report.add(Figure.atMost(
                    "dev: process start to ready, with start-up cache", median(warm), 3, "s", "median of 3"));
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void commands(Report report, Started server) throws Exception {
        for (String[] command : new String[][] {{"version"}, {"users", "list"}, {"nodes", "list", "-o", "json"}}) {
            double[] seconds = new double[COMMAND_RUNS];
            for (int i = -2; i < COMMAND_RUNS; i++) {
                List<String> line = new ArrayList<>(List.of(launcher.toString()));
                line.addAll(List.of(command));
                ProcessBuilder builder = new ProcessBuilder(line)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD);
                builder.environment().put("HEADSCALE_UNIX_SOCKET", server.unixSocket);
                long before = System.nanoTime();
                int code = builder.start().waitFor();
                if (code != 0) {
                    throw new IllegalStateException(String.join(" ", line) + ": exit code " + code);
                }
                if (i >= 0) {
                    seconds[i] = (System.nanoTime() - before) / 1e9;
                }
            }
            Arrays.sort(seconds);
            report.add(Figure.atMost(
                    "command line: " + String.join(" ", command),
                    seconds[COMMAND_RUNS / 2],
                    0.5,
                    "s",
                    "start to finish, median of " + COMMAND_RUNS));
        }
    }

    private Started start(Path directory, boolean cache) throws Exception {
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
        JsonNode told = new JsonMapper().readTree(Files.readString(ready));
        return new Started(process, seconds, told.get("unix_socket").asString());
    }

    private record Started(Process process, double seconds, String unixSocket) {
        void stop() throws IOException, InterruptedException {
            process.destroy();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("fleetscale dev did not end within 20 s of SIGTERM");
            }
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
