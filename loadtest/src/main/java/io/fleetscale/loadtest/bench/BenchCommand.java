package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.process.Programs;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loadtest bench}: runs the named benchmarks and writes their figures. */
@Command(
        name = "bench",
        description = "Measures what the server's units of work cost and writes a report.",
        footer = {"", "Example:", "  loadtest bench handshake maps --report target/bench.json"})
public final class BenchCommand implements Callable<Integer> {
    enum Bench {
        handshake,
        records,
        maps,
        deltas,
        policy,
        sessions,
        lists,
        program
    }

    @Parameters(arity = "0..*", description = "Which: ${COMPLETION-CANDIDATES} (all without any).")
    private List<Bench> benches = List.of();

    @Option(
            names = "--report",
            paramLabel = "FILE",
            defaultValue = "bench-report.json",
            description = "Report as JSON; a Markdown table is written beside it (default: ${DEFAULT-VALUE}).")
    private Path reportFile = Path.of("bench-report.json");

    @Option(
            names = "--launcher",
            paramLabel = "FILE",
            description = "bin/fleetscale, for the benchmarks that start it (default: beside this program).")
    private @Nullable Path launcher;

    @Option(
            names = "--sessions",
            paramLabel = "N",
            defaultValue = "5000",
            description = "How many idle sessions (default: ${DEFAULT-VALUE}).")
    private int sessions = 5000;

    @Option(
            names = "--delta-sessions",
            paramLabel = "N",
            defaultValue = "1000",
            description = "How many sessions get each delta (default: ${DEFAULT-VALUE}).")
    private int deltaSessions = 1000;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "10000",
            description = "How many nodes are listed (default: ${DEFAULT-VALUE}).")
    private int nodes = 10_000;

    @Override
    public Integer call() throws Exception {
        Set<Bench> chosen = new LinkedHashSet<>(benches.isEmpty() ? List.of(Bench.values()) : benches);
        Report report = new Report(Instant.now());
        for (Bench bench : chosen) {
            System.err.println("measuring: " + bench);
            int known = report.figures().size();
            switch (bench) {
                case handshake -> HandshakeBench.run(report);
                case records -> RecordBench.run(report);
                case maps -> MapBench.run(report);
                case policy -> PolicyBench.run(report);
                case deltas ->
                    new DeltaBench(launcher == null ? Programs.besideThis("fleetscale") : launcher, deltaSessions)
                            .run(report);
                case sessions ->
                    new SessionBench(launcher == null ? Programs.besideThis("fleetscale") : launcher, sessions)
                            .run(report);
                case lists ->
                    new ListBench(launcher == null ? Programs.besideThis("fleetscale") : launcher, nodes).run(report);
                case program ->
                    new ProgramBench(launcher == null ? Programs.besideThis("fleetscale") : launcher).run(report);
            }
            for (Figure figure :
                    report.figures().subList(known, report.figures().size())) {
                System.out.println(Report.line(figure));
            }
        }
        report.write(reportFile);
        System.err.println("report: " + reportFile);
        return 0;
    }
}
