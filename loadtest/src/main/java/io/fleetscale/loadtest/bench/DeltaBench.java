package io.fleetscale.loadtest.bench;

import io.fleetscale.control.netmap.MapCursor;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeStatus;
import io.fleetscale.loadtest.process.ServerProcess;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import io.fleetscale.wire.zstd.ZstdCompressor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one delivered delta costs a running server, all in all: one node reports a new endpoint, every other session gets the
 * change through HTTP/2, Noise and a socket of the loopback interface. The CPU time is that of the server's process alone,
 * without its database, after as many rounds again that are not counted.
 */
final class DeltaBench {
    private static final double AIM_MICROS = 10;
    private static final int WARM_UP_ROUNDS = 600;
    private static final int ROUNDS = 300;
    private static final Duration ROUND_LIMIT = Duration.ofSeconds(20);
    private static final int NAIVE_ROUNDS = 9;
    private static final int NAIVE_RUNS = 2_000;
    private static final JsonMapper JSON = new JsonMapper();

    private final Path launcher;
    private final int count;

    /**
     * @param launcher {@code bin/fleetscale} of a clone or of the archive
     * @param count how many sessions
     */
    DeltaBench(Path launcher, int count) {
        this.launcher = launcher;
        this.count = count;
    }

    void run(Report report) throws Exception {
        try (Scratch scratch = Scratch.create();
                ClientLoops loops = ClientLoops.ofProcessors()) {
            DevServer dev = DevServer.start(launcher, scratch.directory(), true);
            try {
                measure(report, dev, loops);
            } finally {
                dev.stop();
            }
        }
        naive(report);
    }

    private void measure(Report report, DevServer dev, ClientLoops loops) throws Exception {
        ServerProcess server = new ServerProcess(dev.ready().get("pid").asLong());
        IdleFleet fleet = new IdleFleet(loops, ControlUrl.parse(dev.told("url")), count);
        fleet.register(dev.told("preauth_key"));
        fleet.open();
        fleet.settle();
        deliver(fleet, WARM_UP_ROUNDS, 10_000);
        System.err.println("deltas: counted from here on");
        double before = server.cpuSeconds();
        long delivered = deliver(fleet, ROUNDS, 10_000 + WARM_UP_ROUNDS);
        double spent = server.cpuSeconds() - before;
        fleet.close();
        report.add(Figure.atMost(
                "delta, delivered to each of " + count + " sessions, transport included, CPU",
                spent * 1e6 / delivered,
                AIM_MICROS,
                "us",
                "CPU of the server's process over " + ROUNDS + " rounds of one changed endpoint, " + delivered
                        + " messages, loopback, no TLS, after " + WARM_UP_ROUNDS + " rounds"));
    }

    /** @return how many messages came */
    private static long deliver(IdleFleet fleet, int rounds, int firstPort) throws Exception {
        long start = fleet.messages();
        for (int round = 0; round < rounds; round++) {
            long before = fleet.messages();
            int mover = round % fleet.size();
            fleet.node(mover)
                    .update(new NodeStatus(List.of("198.51.100.7:" + (firstPort + round)), 1))
                    .get(ROUND_LIMIT.toSeconds(), TimeUnit.SECONDS);
            long end = System.nanoTime() + ROUND_LIMIT.toNanos();
            while (fleet.messages() - before < fleet.size() - 1) {
                if (System.nanoTime() > end) {
                    throw new IllegalStateException("round " + round + ": " + (fleet.messages() - before) + " of "
                            + (fleet.size() - 1) + " sessions were told within " + ROUND_LIMIT);
                }
                TimeUnit.MILLISECONDS.sleep(2);
            }
        }
        return fleet.messages() - start;
    }

    /** The part that a server without shared messages pays on top of the transport: for each receiver anew. */
    private static void naive(Report report) throws Exception {
        try (BenchTailnet tailnet = new BenchTailnet(100);
                ZstdCompressor compressor = new ZstdCompressor()) {
            NodeId viewer = new NodeId(1);
            MapCursor cursor = Objects.requireNonNull(
                            tailnet.feed().full(tailnet.state(), viewer, true), "a node of the tailnet has a map")
                    .cursor();
            NetmapState state = tailnet.move(tailnet.size(), 10_000);
            if (!(tailnet.feed().next(state, cursor, viewer, true) instanceof MapFeed.Next.Send send)) {
                throw new IllegalStateException("a change of a peer is no message");
            }
            JsonNode tree = JSON.readTree(MapBench.text(send.message()));
            double micros = CpuClock.microsPerRun(
                    NAIVE_ROUNDS, NAIVE_RUNS, () -> compressor.compress(JSON.writeValueAsBytes(tree)));
            report.add(Figure.of(
                    "delta, serialised for one receiver, naive, CPU",
                    micros,
                    "us",
                    "the ready tree of the same message by Jackson and zstd, without its transport"));
        }
    }
}
