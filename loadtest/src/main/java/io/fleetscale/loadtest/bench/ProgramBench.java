package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Start times of {@code fleetscale dev}, cold and warm, and the time of one command from start to finish. */
final class ProgramBench {
    private static final int COMMAND_RUNS = 11;

    private final Path launcher;

    /**
     * @param launcher {@code bin/fleetscale} of a clone or of the archive
     */
    ProgramBench(Path launcher) {
        this.launcher = launcher;
    }

    void run(Report report) throws Exception {
        try (Scratch scratch = Scratch.create()) {
            Path directory = scratch.directory();
            DevServer.start(launcher, directory, true).stop(); // builds the start-up cache, initialises the database
            List<Double> cold = new ArrayList<>();
            List<Double> warm = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                DevServer withoutCache = DevServer.start(launcher, directory, false);
                cold.add(withoutCache.seconds());
                withoutCache.stop();
                DevServer withCache = DevServer.start(launcher, directory, true);
                warm.add(withCache.seconds());
                if (i == 2) {
                    commands(report, withCache);
                }
                withCache.stop();
            }
            report.add(Figure.atMost(
                    "dev: process start to ready, without start-up cache", median(cold), 10, "s", "median of 3"));
            report.add(Figure.atMost(
                    "dev: process start to ready, with start-up cache", median(warm), 3, "s", "median of 3"));
        }
    }

    private void commands(Report report, DevServer server) throws Exception {
        for (String[] command : new String[][] {{"version"}, {"users", "list"}, {"nodes", "list", "-o", "json"}}) {
            double[] seconds = new double[COMMAND_RUNS];
            for (int i = -2; i < COMMAND_RUNS; i++) {
                List<String> line = new ArrayList<>(List.of(launcher.toString()));
                line.addAll(List.of(command));
                ProcessBuilder builder = new ProcessBuilder(line)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD);
                builder.environment().put("HEADSCALE_UNIX_SOCKET", server.told("unix_socket"));
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

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
