package io.fleetscale.control.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetscale.runtime.net.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A server of somebody else, built from the pinned Go module in {@code src/test/go/servers}. Without Go the test is skipped in
 * one line; with CI=true it fails.
 */
public final class GoServer implements AutoCloseable {
    private static final Path MODULE = Path.of("src/test/go/servers").toAbsolutePath();

    private final Process process;

    private GoServer(Process process) {
        this.process = process;
    }

    /** Builds the program of a Go package. */
    public static Path build(Path directory, String goPackage) throws IOException, InterruptedException {
        boolean hasGo = succeeds(new ProcessBuilder("go", "version"));
        if (!hasGo && !"true".equals(System.getenv("CI"))) {
            assumeTrue(false, "skipped: needs Go 1.26 to build " + goPackage);
        }
        Path program = directory.resolve(goPackage.replaceAll("[^a-z0-9]+", "-"));
        if (!succeeds(new ProcessBuilder("go", "build", "-o", program.toString(), goPackage)
                .directory(MODULE.toFile())
                .inheritIO())) {
            throw new IOException("go build " + goPackage + " failed");
        }
        return program;
    }

    /** Where a module of the pinned ones lies. */
    public static Path moduleDirectory(String module) throws IOException, InterruptedException {
        Process list = new ProcessBuilder("go", "list", "-m", "-f", "{{.Dir}}", module)
                .directory(MODULE.toFile())
                .start();
        String path = new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (list.waitFor() != 0 || path.isEmpty()) {
            throw new IOException("go list -m " + module + " failed");
        }
        return Path.of(path);
    }

    public static GoServer start(Map<String, String> environment, Path log, List<String> command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Files.createDirectories(log.toAbsolutePath().getParent());
        return new GoServer(builder.start());
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    private static boolean succeeds(ProcessBuilder command) throws InterruptedException {
        try {
            return command.redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    public static int freePort() throws IOException {
        return FreePorts.tcp(InetAddress.getLoopbackAddress(), 1)[0];
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
