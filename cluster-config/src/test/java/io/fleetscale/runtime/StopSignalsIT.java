package io.fleetscale.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real signals to a real process. */
class StopSignalsIT {
    /** What runs in the process: it stops in 100 ms, or never. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) throws Exception {
            Lifecycle lifecycle = new Lifecycle()
                    .add(
                            "part",
                            () -> {},
                            () -> Thread.sleep(arguments[0].equals("quick") ? 100 : 60_000),
                            Duration.ofSeconds(60));
            new StopSignals(lifecycle).install();
            lifecycle.start();
            System.out.println("ready");
            System.out.println(lifecycle.awaitStopRequest());
            System.exit(lifecycle.stop() == Lifecycle.End.CLEAN ? 0 : 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void firstSignalEndsInOrderWithZero(String signal) throws Exception {
        Process process = start("quick");
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(readLineStarting(output, "ready")).isEqualTo("ready");
            send(signal, process);
            assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void secondSignalEndsAtOnce() throws Exception {
        Process process = start("stuck");
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(readLineStarting(output, "ready")).isEqualTo("ready");
            send("TERM", process);
            assertThat(readLineStarting(output, "SIG")).isEqualTo("SIGTERM");
            send("TERM", process);
            assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(143);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(String how) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName(),
                        how)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Passes over the lines of the log. */
    private static String readLineStarting(BufferedReader output, String start) throws IOException {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith(start)) {
                return line;
            }
        }
        throw new AssertionError("the process ended without a line that starts with " + start);
    }

    private static void send(String signal, Process process) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }
}
