package io.fleetscale.loadtest.cluster;

import io.fleetscale.loadtest.process.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What all commands take that start a cluster of their own; a mixin of picocli. */
public final class ClusterOptions {
    @Option(
            names = "--instances",
            paramLabel = "N",
            defaultValue = "3",
            description = "Control-nodes (default: ${DEFAULT-VALUE}).")
    private int instances = 3;

    @Option(names = "--launcher", paramLabel = "FILE", description = "bin/fleetscale (default: beside this program).")
    private @Nullable Path launcher;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Report as JSON; Markdown, and the plot of faults, are written beside it"
                    + " (default: the command's name and \"-report.json\").")
    private @Nullable Path report;

    public int instances() {
        return instances;
    }

    /** @param command whose name is that of the file when none was given */
    public Path report(String command) {
        return Objects.requireNonNullElseGet(report, () -> Path.of(command + "-report.json"));
    }

    /** Starts the cluster in a directory and waits until it serves. */
    public ClusterUnderTest start(Path directory) throws IOException, InterruptedException {
        return ClusterUnderTest.start(
                launcher == null ? Programs.besideThis("fleetscale") : launcher, directory, instances);
    }
}
