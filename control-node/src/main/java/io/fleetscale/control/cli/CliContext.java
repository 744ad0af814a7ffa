package io.fleetscale.control.cli;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.Slf4JLoggerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * What a run of the command line stands in.
 *
 * @param program how it was called, for help and error texts
 * @param settings reads how the server is reached
 * @param coloured whether tables may carry colours
 */
record CliContext(
        String program,
        PrintStream out,
        PrintStream err,
        InputStream in,
        CliSettings.Source settings,
        InstantSource clock,
        boolean coloured) {

    static CliContext ofProcess() {
        return new CliContext(
                System.getProperty("fleetscale.program", "fleetscale"),
                new PrintStream(System.out, true, StandardCharsets.UTF_8),
                new PrintStream(System.err, true, StandardCharsets.UTF_8),
                System.in,
                config -> {
                    silenceLibraries();
                    return CliSettings.ofProcess(config);
                },
                InstantSource.system(),
                System.getenv("NO_COLOR") == null && outIsTerminal());
    }

    /** Commands that talk to a server print results and errors, never logs; starting a log system would cost them time. */
    private static void silenceLibraries() {
        if (System.getProperty("slf4j.provider") == null) {
            System.setProperty("slf4j.provider", "org.slf4j.helpers.NOP_FallbackServiceProvider");
            System.setProperty("slf4j.internal.verbosity", "ERROR");
        }
        // Netty takes java.util.logging when it finds that SLF4J does nothing
        InternalLoggerFactory.setDefaultFactory(Slf4JLoggerFactory.INSTANCE);
    }

    private static boolean outIsTerminal() {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/1"));
            return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }
}
