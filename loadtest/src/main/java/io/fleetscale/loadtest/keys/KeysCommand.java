package io.fleetscale.loadtest.keys;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.ClusterOptions;
import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.cluster.ClusterUnderTest.Instance;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loadtest keys}: one-time keys raced on all instances of a cluster. */
@Command(
        name = "keys",
        description = {
            "Starts \"fleetscale dev --instances N\" and presents each of many one-time keys to all instances at the same moment.",
            "Exit code 1 unless each key has exactly one winner."
        },
        footer = {"", "Example:", "  loadtest keys -n 10000 --report target/keys.json"})
public final class KeysCommand implements Callable<Integer> {
    /** Nodes are deleted after each batch, so that the tailnet does not grow. */
    private static final int BATCH = 1000;

    @Option(
            names = "-n",
            paramLabel = "KEYS",
            defaultValue = "10000",
            description = "Keys (default: ${DEFAULT-VALUE}).")
    private int count = 10_000;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--parallel",
            paramLabel = "RACES",
            defaultValue = "32",
            description = "Races under way at one time (default: ${DEFAULT-VALUE}).")
    private int parallel = 32;

    @Override
    public Integer call() throws Exception {
        if (count < 1 || options.instances() < 1 || parallel < 1) {
            throw new IllegalArgumentException("-n, --instances and --parallel must be 1 or more");
        }
        Path directory = Files.createTempDirectory("fleetscale-keys-");
        Report report = new Report(Instant.now());
        List<String> wrong = new ArrayList<>();
        double seconds = 0;
        long answers = 0;
        try (ClusterUnderTest cluster = options.start(directory);
                AdminClient admin = cluster.admin();
                ClientLoops loops = ClientLoops.ofProcessors()) {
            KeyRace race = new KeyRace(loops, cluster.urls(), admin, cluster.user(), parallel);
            for (int left = count; left > 0; left -= BATCH) {
                KeyRace.Result result = race.run(Math.min(BATCH, left));
                seconds += result.seconds();
                answers += result.answers();
                wrong.addAll(result.wrong());
                System.err.println(Math.max(0, left - BATCH) + " keys to go");
            }
            for (Instance instance : cluster.instances()) {
                report.add(Figure.of("CPU of " + instance.name(), cluster.cpuSeconds(instance), "s", "start included"));
            }
        }
        report.add(Figure.of("keys", count, "", options.instances() + " instances, " + parallel + " races at a time"));
        report.add(
                new Figure("answers", answers / seconds, "1/s", 300.0, false, "won or refused, handshakes included"));
        report.add(Figure.of("joined", count / seconds, "1/s", ""));
        report.add(Figure.atMost("keys without exactly one winner", wrong.size(), 0, "", ""));
        report.figures().forEach(figure -> System.out.println(Report.line(figure)));
        report.write(options.report("keys"));
        System.err.println("report: " + options.report("keys"));
        wrong.forEach(line -> System.out.println("FAILED: " + line));
        return wrong.isEmpty() ? 0 : 1;
    }
}
