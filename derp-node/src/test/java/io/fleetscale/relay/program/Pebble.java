package io.fleetscale.relay.program;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Pebble, the ACME server for tests of Let's Encrypt, built from the Go module that pins it for the control-node's tests. Without
 * Go the test is skipped in one line; with CI=true it fails.
 */
final class Pebble implements AutoCloseable {
    private static final Path MODULE =
            Path.of("../control-node/src/test/go/servers").toAbsolutePath();
    private static final String PACKAGE = "github.com/letsencrypt/pebble/v2";
    /** Below those that the system gives to outgoing connections. */
    private static final int LOWEST_PORT = 10_000;

    private static final int HIGHEST_PORT = 30_000;

    private final Process process;
    private final int directoryPort;

    private Pebble(Process process, int directoryPort) {
        this.process = process;
        this.directoryPort = directoryPort;
    }

    /** Checks names at {@code localhost}, on these ports. */
    static Pebble start(Path directory, int httpPort, int tlsPort) throws IOException, InterruptedException {
        if (!succeeds(new ProcessBuilder("go", "version")) && !"true".equals(System.getenv("CI"))) {
            assumeTrue(false, "skipped: needs Go 1.26 to build the ACME server for tests");
        }
        Path program = directory.resolve("pebble");
        if (!succeeds(new ProcessBuilder("go", "build", "-o", program.toString(), PACKAGE + "/cmd/pebble")
                .directory(MODULE.toFile())
                .inheritIO())) {
            throw new IOException("go build " + PACKAGE + " failed");
        }
        Process list = new ProcessBuilder("go", "list", "-m", "-f", "{{.Dir}}", PACKAGE)
                .directory(MODULE.toFile())
                .start();
        Path certificates = Path.of(new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
                .resolve("test/certs/localhost");
        int port = freePort();
        Path config = directory.resolve("pebble.json");
        Files.writeString(config, """
                {"pebble": {
                  "listenAddress": "127.0.0.1:%d",
                  "managementListenAddress": "127.0.0.1:0",
                  "certificate": "%s", "privateKey": "%s",
                  "httpPort": %d, "tlsPort": %d,
                  "retryAfter": {"authz": 1, "order": 1},
                  "profiles": {"default": {"description": "90 days", "validityPeriod": 7776000}}
                }}
                """.formatted(
                        port, certificates.resolve("cert.pem"), certificates.resolve("key.pem"), httpPort, tlsPort));
        ProcessBuilder builder = new ProcessBuilder(program.toString(), "-config", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("pebble.log").toFile());
        builder.environment().put("PEBBLE_VA_NOSLEEP", "1");
        builder.environment().put("PEBBLE_WFE_NONCEREJECT", "20");
        Pebble pebble = new Pebble(builder.start(), port);
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
        return pebble;
    }

    /** The directory of the server, in the form in which the client library trusts its certificate. */
    String url() {
        return "acme://pebble/localhost:" + directoryPort;
    }

    /** A port that somebody binds a moment later. */
    static int freePort() throws IOException {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_PORT, HIGHEST_PORT);
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (BindException e) {
                // taken: another one
            }
        }
    }

    private static boolean succeeds(ProcessBuilder command) throws InterruptedException {
        try {
            return command.redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
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
