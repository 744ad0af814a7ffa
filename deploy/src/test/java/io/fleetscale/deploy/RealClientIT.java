package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Unmodified Tailscale clients against the packaged program, in a network namespace: the Go module {@code
 * loadtest/realclient} holds the scenarios. Without Go or {@code ip} the test is skipped in one line; with CI=true it fails.
 */
class RealClientIT {
    @TempDir
    static Path directory;

    private static Path realclient = Path.of("realclient");
    private static Path oldclient = Path.of("oldclient");
    private static Path tailscaled = Path.of("tailscaled");

    @BeforeAll
    static void build() throws Exception {
        boolean possible = has("go", "version") && has("ip", "-V") && has("unshare", "--version");
        if (!possible && !"true".equals(System.getenv("CI"))) {
            assumeTrue(false, "skipped: real clients need Go 1.26 and iproute2");
        }
        Path module = DevProcess.repository().resolve("loadtest/realclient");
        realclient = directory.resolve("realclient");
        oldclient = directory.resolve("oldclient");
        tailscaled = directory.resolve("tailscaled");
        execute(module, "go", "build", "-o", realclient.toString(), ".");
        execute(module.resolve("oldclient"), "go", "build", "-o", oldclient.toString(), ".");
        // program and command line in one, as distributions for small machines have it
        execute(
                module,
                "go",
                "build",
                "-tags",
                "ts_include_cli",
                "-o",
                tailscaled.toString(),
                "tailscale.com/cmd/tailscaled");
    }

    @Test
    void directPaths() throws Exception {
        scenarios("-oldclient", oldclient.toString());
    }

    @Test
    void aWholeDaemonAndItsCommandLine() throws Exception {
        scenarios("-tailscaled", tailscaled.toString(), "-run", "^tailscaled", "-n", "2");
    }

    /** Who sees and reaches whom, by which router, and who gets in by SSH. */
    @Test
    void policies() throws Exception {
        scenarios("-policy", "-tailscaled", tailscaled.toString(), "-n", "2");
    }

    @Test
    void throughTheRelay() throws Exception {
        scenarios("-relay");
    }

    /** A drain and a {@code kill -9} of the relay that carries the streams of all: none breaks. */
    @Test
    void overDrainAndDeathOfARelay() throws Exception {
        scenarios("-relay", "-relays", "2", "-n", "3");
    }

    /** The production form: {@code fleetscale serve} with a certificate from files, sealed keys and a database of its own. */
    @Test
    void overTls() throws Exception {
        scenarios("-tls", loadtest(), "-run", "^TLS|^WebSocket|restart of the server|^web", "-n", "2");
    }

    @Test
    void throughTheRelayOverTls() throws Exception {
        scenarios("-tls", loadtest(), "-relay", "-run", "echo", "-n", "2");
    }

    private static String loadtest() {
        return DevProcess.home().resolve("bin/loadtest").toString();
    }

    private static void scenarios(String... options) throws Exception {
        Path module = DevProcess.repository().resolve("loadtest/realclient");
        List<String> command = new ArrayList<>(List.of(
                module.resolve("netns.sh").toString(),
                realclient.toString(),
                "-fleetscale",
                DevProcess.home().resolve("bin/fleetscale").toString(),
                // this proves behaviour on whatever machine; times are printed, and judged where nothing else runs
                "-patience",
                "5"));
        command.addAll(List.of(options));
        String output = execute(module, command.toArray(String[]::new));
        System.out.println(output);
        assertThat(output).contains(", 0 failed");
    }

    private static boolean has(String... command) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String execute(Path where, String... command) throws Exception {
        Path out = Files.createTempFile(directory, "out", ".txt");
        Process process = new ProcessBuilder(command)
                .directory(where.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        if (!process.waitFor(15, TimeUnit.MINUTES)) {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
            process.destroyForcibly();
            throw new IllegalStateException("not done after 15 minutes: " + Files.readString(out));
        }
        String output = Files.readString(out, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }
}
