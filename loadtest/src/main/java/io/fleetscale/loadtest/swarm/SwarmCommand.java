package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.process.ServerProcess;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code loadtest swarm}: many simulated nodes against a running server. */
@Command(
        name = "swarm",
        description = {
            "Registers simulated nodes, opens their map polls and measures: registrations, first maps, all seeing all, the"
                    + " way of endpoint changes, a newcomer, a reconnect storm, idle sessions.",
            "Exit code 1 if a node, a peer or a change is missing."
        },
        footer = {
            "",
            "Example (values from the ready file of \"fleetscale dev\"):",
            "  loadtest swarm --url http://127.0.0.1:8080 --authkey KEY -n 300 --pid PID --reconnect --report swarm.json"
        })
public final class SwarmCommand implements Callable<Integer> {
    @Option(
            names = "--url",
            required = true,
            paramLabel = "URL",
            description =
                    "Control server; several times for several instances: a node that loses one goes to the next.")
    private List<String> urls = List.of();

    @Option(
            names = "--authkey",
            paramLabel = "KEY",
            description = "Reusable pre-auth key, best an ephemeral one; not with --writes.")
    private String authKey = "";

    @Option(names = "-n", required = true, paramLabel = "NODES", description = "How many nodes.")
    private int nodes;

    @Option(
            names = "--parallel",
            defaultValue = "64",
            paramLabel = "CALLS",
            description = "Registrations under way at one time (default: ${DEFAULT-VALUE}).")
    private int parallel = 64;

    @Option(
            names = "--rounds",
            defaultValue = "20",
            paramLabel = "ROUNDS",
            description = "Endpoint changes to time (default: ${DEFAULT-VALUE}).")
    private int rounds = 20;

    @Option(
            names = "--newcomers",
            defaultValue = "3",
            paramLabel = "NODES",
            description = "Nodes that join later, one by one (default: ${DEFAULT-VALUE}).")
    private int newcomers = 3;

    @Option(names = "--reconnect", description = "Cut all connections at once and wait until all see all again.")
    private boolean reconnect;

    @Option(
            names = "--storms",
            defaultValue = "2",
            paramLabel = "TIMES",
            description = "How often with --reconnect (default: ${DEFAULT-VALUE}).")
    private int storms = 2;

    @Option(
            names = "--hold",
            paramLabel = "TIME",
            description = "Keep the idle sessions for so long at the end, for example 60s or 2m.",
            converter = TimeConverter.class)
    private Duration hold = Duration.ZERO;

    @Option(
            names = "--limit",
            defaultValue = "120s",
            paramLabel = "TIME",
            description = "Longest wait of any phase (default: ${DEFAULT-VALUE}).",
            converter = TimeConverter.class)
    private Duration limit = Duration.ofSeconds(120);

    @Option(
            names = "--strict",
            description =
                    "Model every netmap and look for lost, duplicated, stale or forbidden peers; costs more here and"
                            + " needs a tailnet without other nodes.")
    private boolean strict;

    @Option(
            names = "--writes",
            paramLabel = "RATE",
            description = {
                "Instead of all that: renames, endpoints, tags and deletions with newcomers, so many a second in all, for"
                        + " --hold; then every session must be what was acknowledged, and never have seen anything else.",
                "Needs --apikey and --user, and a tailnet without other nodes, whose policy it sets with --groups."
            })
    private double writes;

    @Option(
            names = "--groups",
            paramLabel = "N",
            defaultValue = "0",
            description = "With --writes: groups that see only themselves; 0: all see all (default: ${DEFAULT-VALUE}).")
    private int groups;

    @Option(names = "--apikey", paramLabel = "KEY", description = "Of the administration API, for --writes.")
    private String apiKey = "";

    @Option(names = "--user", paramLabel = "NAME", description = "Who owns what joins, for --writes.")
    private String user = "";

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "The server's process on this machine: its CPU time and memory are reported.")
    private @Nullable Long pid;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Report as JSON; a Markdown table is written beside it.")
    private @Nullable Path reportFile;

    @Override
    public Integer call() throws Exception {
        if (nodes < 2 || parallel < 1 || rounds < 0 || newcomers < 0 || storms < 0) {
            throw new IllegalArgumentException(
                    "-n must be 2 or more, --parallel 1 or more, the other counts 0 or more");
        }
        if (writes > 0 ? apiKey.isEmpty() || user.isEmpty() || !hold.isPositive() : authKey.isEmpty()) {
            throw new IllegalArgumentException(
                    writes > 0 ? "--writes needs --apikey, --user and --hold" : "--authkey is missing");
        }
        Report report = new Report(Instant.now());
        ServerProcess server = pid == null ? null : new ServerProcess(pid);
        List<String> failures;
        try (ClientLoops loops = ClientLoops.ofProcessors()) {
            List<ControlUrl> places = urls.stream().map(ControlUrl::parse).toList();
            PhaseClock clock = new PhaseClock(report, server);
            failures = writes > 0 ? changing(loops, places, clock, report) : steady(loops, places, clock);
        }
        for (Figure figure : report.figures()) {
            System.out.println(Report.line(figure));
        }
        if (reportFile != null) {
            report.write(reportFile);
            System.err.println("report: " + reportFile);
        }
        failures.forEach(failure -> System.out.println("FAILED: " + failure));
        return failures.isEmpty() ? 0 : 1;
    }

    private List<String> steady(ClientLoops loops, List<ControlUrl> places, PhaseClock clock) throws Exception {
        SwarmEvents events = new SwarmEvents();
        try (Swarm swarm = new Swarm(loops, places, strict, events, new TailnetModel(0))) {
            SwarmRun run = new SwarmRun(swarm, events, clock, limit);
            run.join(nodes, authKey, parallel);
            run.firstMaps();
            run.endpointChanges(rounds);
            run.newcomers(newcomers, authKey);
            for (int storm = 1; reconnect && storm <= storms; storm++) {
                run.storm(storm);
            }
            if (hold.isPositive()) {
                run.hold(hold);
            }
            return run.failures();
        }
    }

    private List<String> changing(ClientLoops loops, List<ControlUrl> places, PhaseClock clock, Report report)
            throws Exception {
        long seed = System.nanoTime();
        System.err.println("seed: " + seed);
        try (AdminClient admin =
                        new AdminClient(places.stream().map(ControlUrl::base).toList(), apiKey);
                FleetSwarm fleet = new FleetSwarm(loops, places, admin, user, groups, new Random(seed))) {
            return new FleetPhases(fleet, clock, report, limit).run(nodes, parallel, writes, hold);
        }
    }
}
