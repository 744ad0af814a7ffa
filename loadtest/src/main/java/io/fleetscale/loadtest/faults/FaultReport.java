package io.fleetscale.loadtest.faults;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** The results of a run as files: figures as JSON and Markdown, a table of the faults with percentiles, a plot. */
final class FaultReport {
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 100};

    private FaultReport() {}

    /** Adds the figures of one fault, with the project's aims where there are some. */
    static void add(Report report, FaultResult result) {
        String name = result.fault().name().toLowerCase(Locale.ROOT) + ": ";
        String sessions = result.sessions() + " sessions";
        Histogram away = result.away();
        switch (result.fault()) {
            case KILL -> {
                report.add(Figure.atMost(name + "re-attached p50", seconds(away, 50), 1, "s", sessions));
                report.add(Figure.atMost(name + "re-attached p99", seconds(away, 99), 5, "s", sessions));
                report.add(Figure.atMost(name + "re-attached, all", seconds(away, 100), 10, "s", sessions));
            }
            case ROLLING ->
                report.add(Figure.atMost(name + "time without session p99", seconds(away, 99), 1, "s", sessions));
            case POSTGRES_KILL, POSTGRES_PAUSE, POSTGRES_READ_ONLY, POSTGRES_CONNECTIONS, POSTGRES_SLOW ->
                report.add(Figure.atMost(name + "streams lost", result.streamsLost(), 0, "", sessions));
            case POSTGRES_CUT_FROM_ALL ->
                report.add(Figure.atMost(name + "streams lost", result.streamsLost(), 0, "", sessions));
            case GRID_CUT_FROM_ONE, GRID_AND_POSTGRES_CUT_FROM_ONE, POSTGRES_CUT_FROM_ONE -> {
                report.add(Figure.atMost(name + "fenced after", latest(result.fenced()), 5, "s", ""));
                report.add(Figure.of(name + "re-attached p99", seconds(away, 99), "s", sessions));
            }
            case ISOLATED -> {
                report.add(Figure.atMost(name + "fenced after", latest(result.fenced()), 5, "s", ""));
                // a client that reads nothing does not know that its instance is gone; the balancer's resets tell it
                report.add(Figure.atMost(name + "re-attached, all", seconds(away, 100), 10, "s", sessions));
            }
            case PAUSE -> {
                report.add(Figure.of(name + "fenced after", latest(result.fenced()), "s", "15 s of it stopped"));
                report.add(Figure.of(name + "re-attached p99", seconds(away, 99), "s", sessions));
            }
            case CLIENTS_CUT -> report.add(Figure.of(name + "re-attached p99", seconds(away, 99), "s", sessions));
        }
        report.add(Figure.atMost(
                name + "writes back on every instance",
                latest(result.writesBack()),
                10,
                "s",
                "after the fault was mended"));
        report.add(Figure.of(
                name + "longest time without an acknowledged write",
                seconds(result.silence()),
                "s",
                "on any instance"));
        report.add(Figure.of(name + "false offline notices", result.falseOffline(), "", ""));
        report.add(Figure.atMost(
                name + "violations", result.failures().size(), 0, "", result.acknowledged() + " acknowledged writes"));
        report.add(Figure.of(name + "CPU of the instances", result.cpuSeconds(), "s", "until settled"));
    }

    /** Writes {@code FILE}, and beside it the same as Markdown, with the table of the faults, and the plot. */
    static void write(Path file, Report report, List<FaultResult> results, Timeline timeline) throws IOException {
        report.write(file);
        String name = file.getFileName().toString();
        String base = name.endsWith(".json") ? name.substring(0, name.length() - 5) : name;
        Path plot = file.resolveSibling(base + ".svg");
        Files.writeString(
                file.resolveSibling(base + ".md"),
                "\n" + table(results) + "\n" + percentiles(results) + "\n![sessions and writes](" + plot.getFileName()
                        + ")\n",
                StandardOpenOption.APPEND);
        Files.writeString(plot, new TimelinePlot(timeline.samples(), timeline.marks()).svg());
    }

    static String table(List<FaultResult> results) {
        StringBuilder out = new StringBuilder("| fault | for | sessions | streams lost | away p50 / p99 / max |"
                + " fenced after | writes back | no write acknowledged for | writes | false offline | violations | CPU |\n"
                + "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (FaultResult result : results) {
            out.append(String.format(
                    Locale.ROOT,
                    "| %s | %.1f s | %d | %d | %.2f / %.2f / %.2f s | %s | %s | %.2f s | %d | %d | %d | %.1f s |%n",
                    result.fault().name().toLowerCase(Locale.ROOT),
                    result.seconds(),
                    result.sessions(),
                    result.streamsLost(),
                    seconds(result.away(), 50),
                    seconds(result.away(), 99),
                    seconds(result.away(), 100),
                    list(result.fenced()),
                    list(result.writesBack()),
                    seconds(result.silence()),
                    result.acknowledged(),
                    result.falseOffline(),
                    result.failures().size(),
                    result.cpuSeconds()));
        }
        return out.toString();
    }

    private static String percentiles(List<FaultResult> results) {
        StringBuilder out = new StringBuilder("""
                | fault, milliseconds | n | p50 | p90 | p99 | p99.9 | max |
                |---|---|---|---|---|---|---|
                """);
        for (FaultResult result : results) {
            String name = result.fault().name().toLowerCase(Locale.ROOT);
            row(out, name + ": away", result.away());
            row(out, name + ": write to acknowledgement", result.writeLatency());
            row(out, name + ": write to peer", result.arrivals());
        }
        return out.toString();
    }

    private static void row(StringBuilder out, String name, Histogram micros) {
        out.append("| ").append(name).append(" | ").append(micros.getTotalCount());
        for (double percentile : PERCENTILES) {
            out.append(String.format(Locale.ROOT, " | %.1f", micros.getValueAtPercentile(percentile) / 1000.0));
        }
        out.append(" |\n");
    }

    private static double latest(List<Duration> times) {
        return times.stream().mapToDouble(FaultReport::seconds).max().orElse(Double.NaN);
    }

    private static String list(List<Duration> times) {
        return times.isEmpty()
                ? "no"
                : times.stream()
                        .map(time -> String.format(Locale.ROOT, "%.2f s", seconds(time)))
                        .collect(Collectors.joining(" "));
    }

    private static double seconds(Histogram micros, double percentile) {
        return micros.getValueAtPercentile(percentile) / 1e6;
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}
