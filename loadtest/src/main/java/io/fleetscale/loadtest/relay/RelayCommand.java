package io.fleetscale.loadtest.relay;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code loadtest relay}: what a relay costs, and what the upstream relay costs in the same run. */
@Command(
        name = "relay",
        description = {
            "Starts two relays that mesh and measures packets, loss, round trips, connections and memory; with --peer-binary the"
                    + " same, in turn, on two upstream relays.",
            "CPU is that of the relays' processes. Exit code 1 if an aim is missed."
        },
        footer = {"", "Example:", "  loadtest relay --peer-binary ./derper --report relay.json"})
public final class RelayCommand implements Callable<Integer> {
    private static final double PACKETS_AIM = 1.5;
    private static final double LOSS_AIM_PERCENT = 0.1;
    private static final double IDLE_AIM_KIB = 16;

    @Option(
            names = "--derp-node",
            paramLabel = "FILE",
            description = "Launcher of the relay (default: derp-node beside this program).")
    private @Nullable Path derpNode;

    @Option(names = "--peer-binary", paramLabel = "FILE", description = "The upstream relay, derper.")
    private @Nullable Path peerBinary;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            paramLabel = "ROUNDS",
            description =
                    "Rounds of each measurement, both programs in turn; medians are reported (default: ${DEFAULT-VALUE}).")
    private int rounds = 3;

    @Option(
            names = "--time",
            defaultValue = "6",
            paramLabel = "SECONDS",
            description = "Time of one load (default: ${DEFAULT-VALUE}).")
    private int seconds = 6;

    @Option(
            names = "--warm-up",
            defaultValue = "20",
            paramLabel = "SECONDS",
            description = "Load before the first measurement (default: ${DEFAULT-VALUE}).")
    private int warmUpSeconds = 20;

    @Option(
            names = "--packet-bytes",
            defaultValue = "1280",
            paramLabel = "BYTES",
            description = "Size of a packet (default: ${DEFAULT-VALUE}).")
    private int packetBytes = 1280;

    @Option(
            names = "--packets-per-second",
            defaultValue = "30000",
            paramLabel = "PACKETS",
            description = "Offered load of all pairs together (default: ${DEFAULT-VALUE}).")
    private int packetsPerSecond = 30_000;

    @Option(
            names = "--connections",
            defaultValue = "2000",
            paramLabel = "NODES",
            description = "Idle connections; each is an open file here and there (default: ${DEFAULT-VALUE}).")
    private int connections = 2000;

    @Option(
            names = "--handshakes",
            defaultValue = "1000",
            paramLabel = "NODES",
            description = "Connections to time in each round (default: ${DEFAULT-VALUE}).")
    private int handshakes = 1000;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Report as JSON; a Markdown table is written beside it.")
    private @Nullable Path reportFile;

    @Override
    public Integer call() throws Exception {
        if (rounds < 1
                || seconds < 1
                || packetBytes < 16
                || packetsPerSecond < 100
                || connections < 1
                || handshakes < 1) {
            throw new IllegalArgumentException(
                    "--packet-bytes must be 16 or more, --packets-per-second 100 or more, the other numbers 1 or more");
        }
        RelayRun.Plan plan =
                new RelayRun.Plan(packetBytes, packetsPerSecond, Duration.ofSeconds(seconds), connections, handshakes);
        Path directory = Files.createTempDirectory("loadtest-relay");
        Report report = new Report(Instant.now());
        try (RelayClients clients = new RelayClients()) {
            RelayProgram.Material material = RelayProgram.Material.create(directory);
            List<RelayRun> runs = new ArrayList<>();
            try {
                runs.add(new RelayRun(RelayProgram.ours(launcher(derpNode), material), clients, plan));
                if (peerBinary != null) {
                    runs.add(new RelayRun(RelayProgram.upstream(peerBinary.toAbsolutePath(), material), clients, plan));
                }
                measure(runs);
            } finally {
                runs.forEach(run -> run.program().close());
            }
            compare(report, runs.getFirst(), peerBinary == null ? null : runs.getLast());
        } finally {
            delete(directory);
        }
        for (Figure figure : report.figures()) {
            System.out.println(Report.line(figure));
        }
        if (reportFile != null) {
            report.write(reportFile);
        }
        return report.figures().stream().allMatch(Figure::reached) ? 0 : 1;
    }

    /** Both programs in turn, so that what else the machine does meets both. */
    private void measure(List<RelayRun> runs) throws Exception {
        for (RelayRun run : runs) {
            run.warmUp(Duration.ofSeconds(warmUpSeconds));
        }
        for (int round = 0; round < rounds; round++) {
            for (RelayRun run : runs) {
                run.packets();
            }
            for (RelayRun run : runs) {
                run.roundTrips();
            }
            for (RelayRun run : runs) {
                run.handshakes();
            }
        }
        for (RelayRun run : runs) {
            run.idle();
        }
    }

    private void compare(Report report, RelayRun ours, @Nullable RelayRun upstream) {
        for (String name : ours.names()) {
            double value = ours.value(name);
            String unit = unit(name);
            switch (name) {
                case RelayRun.LOSS -> report.add(Figure.atMost(name, value, LOSS_AIM_PERCENT, unit, note()));
                case RelayRun.IDLE -> report.add(Figure.atMost(name, value, IDLE_AIM_KIB, unit, note()));
                default -> report.add(Figure.of(name, value, unit, note()));
            }
            if (upstream == null) {
                continue;
            }
            double theirs = upstream.value(name);
            report.add(Figure.of(name + ", upstream", theirs, unit, note()));
            if (name.equals(RelayRun.LOSS) || name.equals(RelayRun.HELD) || name.equals(RelayRun.IDLE)) {
                continue;
            }
            boolean less = name.equals(RelayRun.ROUND_TRIP);
            double aim = name.equals(RelayRun.HANDSHAKES) || less ? 1 : PACKETS_AIM;
            report.add(new Figure(name + ", ratio", value / theirs, "times upstream", aim, less, note()));
        }
    }

    private String note() {
        return packetBytes + " byte packets, " + packetsPerSecond + "/s offered, TLS 1.3, median of " + rounds;
    }

    private static String unit(String name) {
        return switch (name) {
            case RelayRun.LOSS -> "%";
            case RelayRun.IDLE -> "KiB";
            case RelayRun.ROUND_TRIP -> "ms";
            case RelayRun.HELD -> "connections";
            default -> "/s";
        };
    }

    static Path launcher(@Nullable Path named) {
        if (named != null) {
            return named.toAbsolutePath();
        }
        String bin = System.getProperty("fleetscale.bin");
        if (bin == null) {
            throw new IllegalArgumentException("--derp-node: name the launcher of the relay");
        }
        return Path.of(bin, "derp-node");
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
