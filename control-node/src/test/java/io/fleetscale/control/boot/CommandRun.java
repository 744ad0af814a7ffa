package io.fleetscale.control.boot;

import io.fleetscale.control.cli.CliCommand;
import io.fleetscale.control.cli.FleetscaleCommand;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a command printed, and how it ended. It is run in this JVM, with nobody to answer its questions. */
record CommandRun(int exitCode, String out, String err) {
    static synchronized CommandRun of(List<CliCommand> commands, String... arguments) {
        InputStream in = System.in;
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        try (PrintStream newOut = new PrintStream(printed, true, StandardCharsets.UTF_8);
                PrintStream newErr = new PrintStream(told, true, StandardCharsets.UTF_8)) {
            System.setIn(new ByteArrayInputStream(new byte[0]));
            System.setOut(newOut);
            System.setErr(newErr);
            int exitCode = new FleetscaleCommand(commands, PolicyInDatabase::open).run(arguments);
            return new CommandRun(
                    exitCode, printed.toString(StandardCharsets.UTF_8), told.toString(StandardCharsets.UTF_8));
        } finally {
            System.setIn(in);
            System.setOut(out);
            System.setErr(err);
        }
    }
}
