package io.fleetscale.loadtest.relay;

import com.sun.management.UnixOperatingSystemMXBean;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code loadtest relay-abuse}: what a relay's nodes have of others that do not behave. */
@Command(
        name = "relay-abuse",
        description = {
            "Starts a relay, has some pairs of nodes exchange packets, and abuses the relay meanwhile: connections that say nothing,"
                    + " nodes that do not read, floods to one node, thousands that come back at once.",
            "Exit code 1 if an aim is missed."
        },
        footer = {"", "Example:", "  loadtest relay-abuse --report abuse.json"})
public final class HostileCommand implements Callable<Integer> {
    private static final int FILES_KEPT = 2_000;
    private static final int MOST = 20_000;

    @Option(
            names = "--derp-node",
            paramLabel = "FILE",
            description = "Launcher of the relay (default: derp-node beside this program).")
    private @Nullable Path derpNode;

    @Option(
            names = "--time",
            defaultValue = "6",
            paramLabel = "SECONDS",
            description = "Time of each abuse (default: ${DEFAULT-VALUE}).")
    private int seconds = 6;

    @Option(
            names = "--connections",
            defaultValue = "0",
            paramLabel = "NODES",
            description =
                    "Silent connections, and nodes that come back (default: what the limit of open files leaves, at"
                            + " most 20000).")
    private int connections;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Report as JSON; a Markdown table is written beside it.")
    private @Nullable Path reportFile;

    @Override
    public Integer call() throws Exception {
        if (seconds < 1 || connections < 0) {
            throw new IllegalArgumentException("--time must be 1 or more, --connections 0 or more");
        }
        int count = connections == 0 ? most() : connections;
        Path directory = Files.createTempDirectory("loadtest-relay-abuse");
        Report report = new Report(Instant.now());
        try (RelayClients clients = new RelayClients();
                RelayProgram program =
                        RelayProgram.ours(RelayCommand.launcher(derpNode), RelayProgram.Material.create(directory))) {
            HostileRun run = new HostileRun(program, clients, report, Duration.ofSeconds(seconds));
            run.quiet();
            run.silent(count);
            run.slowReaders();
            run.floodToOne();
            run.storm(count);
        } finally {
            RelayCommand.delete(directory);
        }
        for (Figure figure : report.figures()) {
            System.out.println(Report.line(figure));
        }
        if (reportFile != null) {
            report.write(reportFile);
        }
        return report.figures().stream().allMatch(Figure::reached) ? 0 : 1;
    }

    /** Each connection is an open file here and one there. */
    private static int most() {
        long files = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : FILES_KEPT * 2L;
        return Math.clamp(files - FILES_KEPT, 1, MOST);
    }
}
