package io.fleetscale.loadtest.faults;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.ClusterOptions;
import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.cluster.ClusterUnderTest.Instance;
import io.fleetscale.loadtest.cluster.NetworkCuts;
import io.fleetscale.loadtest.proxy.FaultProxy;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import io.fleetscale.loadtest.swarm.FleetSwarm;
import io.fleetscale.runtime.net.HostPort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loadtest faults}: a cluster of its own under load, and what breaks in it. */
@Command(
        name = "faults",
        description = {
            "Starts \"fleetscale dev --instances N\" with simulated nodes and writes, inflicts faults one after the other, and"
                    + " measures each: streams lost, how long sessions were away, when writes were acknowledged again.",
            "Each session's netmap and each acknowledged write is checked after each fault. Exit code 1 if one is wrong."
        },
        footer = {
            "",
            "Example:",
            "  loadtest faults kill rolling postgres_kill --sessions 1000 --report target/faults.json"
        })
public final class FaultsCommand implements Callable<Integer> {
    private static final Duration JOIN_LIMIT = Duration.ofMinutes(5);

    @Parameters(
            arity = "0..*",
            description = "Which: ${COMPLETION-CANDIDATES} (without any, each once that needs no network namespace).")
    private List<Fault> faults = List.of();

    @Option(
            names = "--times",
            paramLabel = "N",
            defaultValue = "1",
            description = "How often each is inflicted (default: ${DEFAULT-VALUE}).")
    private int times = 1;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(
            names = "--sessions",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Simulated nodes, at most 5000 (default: ${DEFAULT-VALUE}).")
    private int sessions = 1000;

    @Option(
            names = "--groups",
            paramLabel = "N",
            defaultValue = "10",
            description = "Groups that see only themselves; 0: all see all (default: ${DEFAULT-VALUE}).")
    private int groups = 10;

    @Option(
            names = "--writes",
            paramLabel = "RATE",
            defaultValue = "20",
            description = "Renames, endpoints, tags and deletions a second (default: ${DEFAULT-VALUE}).")
    private double writes = 20;

    @Option(
            names = "--direct",
            description =
                    "The nodes know the instances' own addresses and change to the next, instead of the balancer.")
    private boolean direct;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is chosen by chance (default: by the clock).")
    private @Nullable Long seed;

    @Override
    public Integer call() throws Exception {
        if (options.instances() < 2 || sessions < 2 || sessions > 5000 || groups < 0 || writes <= 0 || times < 1) {
            throw new IllegalArgumentException(
                    "--instances must be 2 or more, --sessions 2 to 5000, --groups 0 or more,"
                            + " --writes above 0, --times 1 or more");
        }
        List<Fault> chosen = faults.isEmpty()
                ? Stream.of(Fault.values())
                        .filter(fault -> !fault.needsNamespace())
                        .toList()
                : faults;
        NetworkCuts cuts = chosen.stream().anyMatch(Fault::needsNamespace) ? NetworkCuts.inThisNamespace() : null;
        long usedSeed = seed == null ? System.nanoTime() : seed;
        System.err.println("seed: " + usedSeed);
        Random random = new Random(usedSeed);
        Path directory = Files.createTempDirectory("fleetscale-faults-");
        Report report = new Report(Instant.now());
        List<FaultResult> results = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        try (ClusterUnderTest cluster = options.start(directory);
                Proxies proxies = Proxies.start(cluster, chosen);
                AdminClient admin = cluster.admin();
                ClientLoops loops = ClientLoops.ofProcessors();
                FleetSwarm fleet = new FleetSwarm(
                        loops,
                        direct ? cluster.urls() : List.of(proxies.clientUrl()),
                        admin,
                        cluster.user(),
                        groups,
                        random);
                WriteProbe probe = new WriteProbe(admin);
                Timeline timeline = new Timeline()) {
            report.add(Figure.atMost(
                    "cluster ready", cluster.startSeconds(), 60, "s", options.instances() + " instances"));
            long before = System.nanoTime();
            fleet.join(sessions, 64, JOIN_LIMIT);
            report.add(Figure.of("all joined and seen", (System.nanoTime() - before) / 1e9, "s", sessions + " nodes"));
            timeline.start(() -> fleet.sessions().up(), fleet::acknowledgedWrites);
            probe.start();
            FaultRun run = new FaultRun(
                    cluster, fleet, probe, timeline, proxies.client(), proxies.database(), cuts, writes, random);
            for (Fault fault : chosen) {
                for (int i = 0; i < times; i++) {
                    FaultResult result = run.run(fault);
                    results.add(result);
                    failures.addAll(result.failures());
                    FaultReport.add(report, result);
                    System.out.println(FaultReport.table(List.of(result)));
                }
            }
            List<String> lost = probe.finish();
            failures.addAll(lost);
            report.add(Figure.atMost(
                    "probing writes lost",
                    lost.size(),
                    0,
                    "",
                    probe.acknowledged() + " acknowledged on all instances"));
            FaultReport.write(options.report("faults"), report, results, timeline);
        }
        for (Figure figure : report.figures()) {
            System.out.println(Report.line(figure));
        }
        System.err.println("report: " + options.report("faults"));
        failures.forEach(failure -> System.out.println("FAILED: " + failure));
        System.err.println("the cluster's data and logs: " + directory);
        return failures.isEmpty() ? 0 : 1;
    }

    /** The fault proxies of a run: one between clients and balancer, and one for each instance before PostgreSQL. */
    private record Proxies(FaultProxy client, ControlUrl clientUrl, List<FaultProxy> database)
            implements AutoCloseable {
        static Proxies start(ClusterUnderTest cluster, List<Fault> faults) throws Exception {
            URI balancer = URI.create(cluster.url());
            FaultProxy client =
                    new FaultProxy("fault-clients", new HostPort(balancer.getHost(), balancer.getPort())::resolve);
            List<FaultProxy> database = new ArrayList<>();
            Proxies proxies = new Proxies(
                    client,
                    ControlUrl.parse("http://127.0.0.1:" + client.start().getPort()),
                    database);
            if (faults.stream().noneMatch(Fault::needsDatabaseProxies)) {
                return proxies;
            }
            int port = cluster.database().port();
            boolean cutsNetwork = faults.stream().anyMatch(Fault::needsNamespace);
            for (int place = 0; place < cluster.instances().size(); place++) {
                Instance instance = cluster.instances().get(place);
                FaultProxy proxy = new FaultProxy("fault-postgres", new HostPort("127.0.0.1", port)::resolve);
                database.add(proxy);
                cluster.moveDatabase(instance, proxy.start().getPort());
                if (cutsNetwork) {
                    cluster.moveGrid(instance, FaultRun.gridAddress(place));
                }
                cluster.kill(instance);
                cluster.startAgain(instance);
            }
            return proxies;
        }

        @Override
        public void close() throws IOException {
            client.close();
            database.forEach(FaultProxy::close);
        }
    }
}
