package io.fleetscale.loadtest.consistency;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.ClusterOptions;
import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.cluster.ClusterUnderTest.Instance;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import io.fleetscale.loadtest.swarm.TimeConverter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loadtest consistency}: is a cluster under faults linearizable? */
@Command(
        name = "consistency",
        description = {
            "Starts \"fleetscale dev --instances N\", writes and reads registers and a set through all instances at once,"
                    + " watches them on map streams, and meanwhile kills and stops instances and PostgreSQL by turns.",
            "Then checks that all of it is what one copy of the data would do. Exit code 1 if it is not."
        },
        footer = {"", "Example:", "  loadtest consistency --operations 100000 --report target/consistency.json"})
public final class ConsistencyCommand implements Callable<Integer> {
    private static final Duration POLL = Duration.ofMillis(100);

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--operations",
            paramLabel = "N",
            defaultValue = "100000",
            description = "How many are to be checked (default: ${DEFAULT-VALUE}).")
    private long operations = 100_000;

    @Option(
            names = "--registers",
            paramLabel = "N",
            defaultValue = "12",
            description = "Nodes whose names are written and read (default: ${DEFAULT-VALUE}).")
    private int registers = 12;

    @Option(
            names = "--fault-every",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "Pause between two faults (default: ${DEFAULT-VALUE}).",
            converter = TimeConverter.class)
    private Duration faultEvery = Duration.ofSeconds(5);

    @Option(
            names = "--limit",
            paramLabel = "TIME",
            defaultValue = "20m",
            description = "Ends it even with fewer operations (default: ${DEFAULT-VALUE}).",
            converter = TimeConverter.class)
    private Duration limit = Duration.ofMinutes(20);

    @Option(names = "--seed", paramLabel = "N", description = "Of the faults (default: by the clock).")
    private @Nullable Long seed;

    @Override
    public Integer call() throws Exception {
        if (options.instances() < 1 || operations < 1 || registers < 2) {
            throw new IllegalArgumentException("--registers must be 2 or more, --instances and --operations 1 or more");
        }
        long usedSeed = seed == null ? System.nanoTime() : seed;
        System.err.println("seed: " + usedSeed);
        Random random = new Random(usedSeed);
        Path directory = Files.createTempDirectory("fleetscale-consistency-");
        Report report = new Report(Instant.now());
        ConsistencyRun.Result result;
        try (ClusterUnderTest cluster = options.start(directory);
                AdminClient admin = cluster.admin();
                ClientLoops loops = ClientLoops.ofProcessors();
                ConsistencyRun run = new ConsistencyRun(
                        loops,
                        cluster.urls(),
                        admin,
                        new ConsistencyRun.Settings(registers, 2, 4, Duration.ofMillis(5)),
                        random)) {
            long before = System.nanoTime();
            run.start(cluster.preAuthKey());
            int faults = 0;
            while (run.operations() < operations && System.nanoTime() - before < limit.toNanos()) {
                awaitPart(run, faultEvery);
                if (run.operations() < operations) {
                    System.err.println("operations: " + run.operations());
                    disturb(cluster, random, faults++);
                }
            }
            result = run.finish();
            report.add(Figure.of("time", (System.nanoTime() - before) / 1e9, "s", faults + " faults"));
            for (Instance instance : cluster.instances()) {
                report.add(Figure.of("CPU of " + instance.name(), cluster.cpuSeconds(instance), "s", "its last life"));
            }
        }
        report.add(Figure.of("checked operations", result.operations(), "", "with an answer"));
        report.add(Figure.of("of these reads", result.reads(), "", ""));
        report.add(Figure.of(
                "writes without an answer",
                result.unknownWrites(),
                "",
                "checked as what may have happened, now or later"));
        report.add(Figure.of("reads marked stale", result.markedStale(), "", "PostgreSQL away; not checked"));
        report.add(Figure.of("reads without an answer", result.failedReads(), "", ""));
        report.add(Figure.of("transitions seen by watchers", result.transitions(), "", ""));
        report.add(Figure.atMost("violations", result.wrong().size(), 0, "", "lost writes, stale reads, wrong orders"));
        report.figures().forEach(figure -> System.out.println(Report.line(figure)));
        report.write(options.report("consistency"));
        System.err.println("report: " + options.report("consistency"));
        result.wrong().forEach(line -> System.out.println("FAILED: " + line));
        System.err.println("the cluster's data and logs: " + directory);
        return result.wrong().isEmpty() ? 0 : 1;
    }

    private void awaitPart(ConsistencyRun run, Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end && run.operations() < operations) {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        }
    }

    /** Each kind in turn, on an instance chosen by chance. */
    private static void disturb(ClusterUnderTest cluster, Random random, int number) throws Exception {
        List<Instance> all = new ArrayList<>(cluster.instances());
        Instance victim = all.get(random.nextInt(all.size()));
        // a single instance is not killed: it is the process that holds everything
        switch (all.size() == 1 ? 2 + number % 2 : number % 4) {
            case 0 -> {
                System.err.println("kill " + victim.name());
                cluster.kill(victim);
                TimeUnit.SECONDS.sleep(2);
                cluster.startAgain(victim);
            }
            case 1 -> {
                System.err.println("stop " + victim.name());
                cluster.pause(victim);
                TimeUnit.SECONDS.sleep(8);
                cluster.resume(victim);
                cluster.awaitReady(victim, Duration.ofMinutes(2));
            }
            case 2 -> {
                System.err.println("kill PostgreSQL");
                cluster.database().kill();
            }
            default -> {
                System.err.println("stop PostgreSQL");
                cluster.database().pause();
                try {
                    TimeUnit.SECONDS.sleep(4);
                } finally {
                    cluster.database().resume();
                }
            }
        }
    }
}
