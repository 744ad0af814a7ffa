package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.process.ServerProcess;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Times the phases of a run, books the server's CPU time for each and writes the figures. Not thread-safe. */
final class PhaseClock {
    private final Report report;
    private final @Nullable ServerProcess server;
    private String phase = "";
    private long startNanos;
    private double startCpu;
    private double startDatabaseCpu;
    private double usedCpu;

    PhaseClock(Report report, @Nullable ServerProcess server) {
        this.report = report;
        this.server = server;
    }

    void start(String name) {
        System.err.println("phase: " + name);
        phase = name;
        if (server != null) {
            startCpu = server.cpuSeconds();
            startDatabaseCpu = server.descendantsCpuSeconds();
        }
        startNanos = System.nanoTime();
    }

    /** Ends the phase; its wall time in seconds. */
    double stop(String note) {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        add("time", seconds, "s", note);
        if (server != null) {
            usedCpu = server.cpuSeconds() - startCpu;
            add("CPU of the server", usedCpu, "s", "/proc/PID/stat");
            add(
                    "CPU of the server's database",
                    server.descendantsCpuSeconds() - startDatabaseCpu,
                    "s",
                    "/proc/PID/stat");
            add(
                    "memory of the server",
                    server.residentBytes() / (1024.0 * 1024.0),
                    "MiB",
                    "VmRSS at the end of the phase");
        }
        return seconds;
    }

    /** CPU seconds of the phase that was stopped last; 0 without a process to look at. */
    double serverCpuSeconds() {
        return usedCpu;
    }

    boolean hasServer() {
        return server != null;
    }

    /** A figure of the current phase. */
    void add(String what, double value, String unit, String note) {
        report.add(Figure.of(phase + ": " + what, value, unit, note));
    }

    /** Median, 99th percentile and maximum of microseconds, in milliseconds. */
    void percentiles(String what, Histogram micros, String note) {
        String counted = String.format(Locale.ROOT, "%s, %d values", note, micros.getTotalCount());
        add(what + " p50", micros.getValueAtPercentile(50) / 1000.0, "ms", counted);
        add(what + " p99", micros.getValueAtPercentile(99) / 1000.0, "ms", counted);
        add(what + " max", micros.getMaxValue() / 1000.0, "ms", counted);
    }
}
