package io.fleetscale.control.cli;

import io.fleetscale.config.Secret;
import io.fleetscale.control.api.testing.MemoryAdministration;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** The command line in this process, against a server in memory that listens on a unix socket. */
final class CommandLine implements AutoCloseable {
    static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-06-01T12:00:00.000005Z"));
    static final String AUTH_ID = "hskey-authreq-" + "a".repeat(24);

    /** What a run left behind. */
    record Ran(int code, String out, String err) {}

    final MemoryAdministration administration = new MemoryAdministration(CLOCK);
    private final Path socket;

    CommandLine(Path directory) throws IOException {
        this.socket = directory.resolve("s");
        administration.listeners.startUnix(socket, 0700, MemoryAdministration.LOCAL_ECHO);
    }

    Path socket() {
        return socket;
    }

    Ran run(String... arguments) {
        return run("", config -> new CliSettings(socket, "", Secret.EMPTY, Duration.ofSeconds(5), false), arguments);
    }

    Ran run(String input, CliSettings.Source settings, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        CliContext context = new CliContext(
                "fleetscale",
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                settings,
                CLOCK,
                false);
        CliCommand extra = CliCommand.of("serve", "Run").run(call -> {
            call.out().println("config " + call.config());
            return 7;
        });
        PolicyDatabase none = config -> {
            throw new IllegalStateException("this test has no database");
        };
        int code = new FleetscaleCommand(List.of(extra), none, context).run(arguments);
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        administration.close();
    }
}
