package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Clients in Go: whether they can be built here, and their runs. */
final class GoPrograms {
    private static final long LIMIT_MINUTES = 15;

    private GoPrograms() {}

    /** Skips the test in one line where Go or one of the other programs is missing; with CI=true the build fails then. */
    static void assumeGo(String what, String... others) {
        assume(what, Stream.concat(Stream.of("go"), Stream.of(others)).toArray(String[]::new));
    }

    /** Skips the test in one line where a program is missing; with CI=true the test goes on, and fails. */
    static void assume(String what, String... programs) {
        List<String> missing =
                Stream.of(programs).filter(program -> !has(program)).toList();
        assumeTrue(
                missing.isEmpty() || "true".equals(System.getenv("CI")),
                () -> "skipped: " + what + ": these programs are missing: " + missing);
    }

    /** Whether there is such a program on the path. */
    static boolean has(String program) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    /**
     * Runs a command to its end, which must be without error.
     *
     * @param scratch where its output is kept
     * @return standard output and standard error
     */
    static String execute(Path scratch, Path where, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(scratch, "out", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
            process.destroyForcibly();
            throw new IllegalStateException("not done after " + LIMIT_MINUTES + " minutes: " + Files.readString(out));
        }
        String output = Files.readString(out, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }
}
