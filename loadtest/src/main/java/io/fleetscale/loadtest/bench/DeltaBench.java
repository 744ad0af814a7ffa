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
import io.fleetscale.wire.noise.NoiseFormat;
import io.fleetscale.wire.zstd.ZstdCompressor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What one delivered delta costs a running server, all in all: one node reports a new endpoint, every other session gets the
 * change through HTTP/2, Noise and a socket of the loopback interface. The CPU time is that of the server's process alone,
 * without its database.
 *
 * <p>It is counted once the JVM has settled, that is, when batches of rounds do not become cheaper any more; what a young JVM pays is
 * a figure of its own. In between the batches a bare writer sends messages of the same length to as many sockets: a busy
 * machine makes both dearer, and the relation of the two stays.
 */
final class DeltaBench {
    private static final double AIM_MICROS = 10;
    private static final int BATCH_ROUNDS = 50;
    private static final int BATCHES = 9;
    /** The warm-up ends when as many batches cost as much as those before them, but not within these bounds. */
    private static final int COMPARED_BATCHES = 4;

    private static final int MIN_WARM_UP_BATCHES = 12;
    private static final int MAX_WARM_UP_BATCHES = 40;
    private static final double SETTLED = 0.97;
    private static final int FIRST_PORT = 2_000;
    private static final int PORTS = 60_000;
    private static final Duration ROUND_LIMIT = Duration.ofSeconds(20);
    /** Around a message: its length, the head of an HTTP/2 frame, the head and tag of a Noise record. */
    private static final int FRAMING_BYTES = 4 + 9 + NoiseFormat.HEADER_LENGTH + NoiseFormat.TAG_LENGTH;

    private static final int NAIVE_ROUNDS = 9;
    private static final int NAIVE_RUNS = 2_000;
    private static final JsonMapper JSON = new JsonMapper();

    private final Path launcher;
    private final int count;
    private int rounds;

    /**
     * @param launcher {@code bin/fleetscale} of a clone or of the archive
     * @param count how many sessions
     */
    DeltaBench(Path launcher, int count) {
        this.launcher = launcher;
        this.count = count;
    }

    /** CPU of one batch, in microseconds a message. */
    private record Cost(double micros, double systemMicros) {}

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
        double young = batch(fleet, server).micros();
        List<Double> warmUp = warmUp(fleet, server);
        long messages = fleet.messages();
        long bytes = fleet.bytes();
        batch(fleet, server);
        int length = FRAMING_BYTES + Math.toIntExact((fleet.bytes() - bytes) / (fleet.messages() - messages));
        List<Cost> costs = new ArrayList<>();
        List<Double> floors = new ArrayList<>();
        try (BareWriter bare = new BareWriter(count, length)) {
            bare.microsPerMessage(BATCH_ROUNDS);
            System.err.println("deltas: counted from here on, server " + server.pid());
            for (int i = 0; i < BATCHES; i++) {
                costs.add(batch(fleet, server));
                floors.add(bare.microsPerMessage(BATCH_ROUNDS));
            }
        }
        fleet.close();
        double delta = median(costs.stream().map(Cost::micros).toList());
        double floor = median(floors);
        String how = "median of " + BATCHES + " x " + BATCH_ROUNDS + " rounds, loopback, no TLS";
        report.add(Figure.atMost(
                "delta, delivered to each of " + count + " sessions, transport included, CPU",
                delta,
                AIM_MICROS,
                "us",
                "CPU of the server's process, " + how + ", after " + (warmUp.size() + 2) * BATCH_ROUNDS + " rounds"));
        report.add(Figure.of(
                "delta, the kernel's part of it",
                median(costs.stream().map(Cost::systemMicros).toList()),
                "us",
                "system time of the same"));
        report.add(Figure.of(
                "bare write of " + length + " bytes to each of " + count + " sockets, CPU",
                floor,
                "us",
                "a Netty event loop that only writes, in turns with the deltas, " + how));
        report.add(Figure.of("delta, times a bare write", delta / floor, "x", "the two above"));
        report.add(Figure.of(
                "delta, delivered by a young JVM, CPU", young, "us", "the first " + BATCH_ROUNDS + " rounds"));
    }

    /** Batches until they do not become cheaper any more. */
    private List<Double> warmUp(IdleFleet fleet, ServerProcess server) throws Exception {
        List<Double> costs = new ArrayList<>();
        while (costs.size() < MAX_WARM_UP_BATCHES && !settled(costs)) {
            costs.add(batch(fleet, server).micros());
        }
        return costs;
    }

    private static boolean settled(List<Double> costs) {
        int size = costs.size();
        return size >= MIN_WARM_UP_BATCHES
                && median(costs.subList(size - COMPARED_BATCHES, size))
                        >= SETTLED * median(costs.subList(size - 2 * COMPARED_BATCHES, size - COMPARED_BATCHES));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private Cost batch(IdleFleet fleet, ServerProcess server) throws Exception {
        double all = server.cpuSeconds();
        double system = server.systemCpuSeconds();
        long start = fleet.messages();
        for (int round = 0; round < BATCH_ROUNDS; round++) {
            deliver(fleet);
        }
        long delivered = fleet.messages() - start;
        Cost cost = new Cost(
                (server.cpuSeconds() - all) * 1e6 / delivered, (server.systemCpuSeconds() - system) * 1e6 / delivered);
        System.err.printf(
                Locale.ROOT, "deltas: %.1f us, %.1f of it in the kernel%n", cost.micros(), cost.systemMicros());
        return cost;
    }

    private void deliver(IdleFleet fleet) throws Exception {
        int round = rounds++;
        long before = fleet.messages();
        fleet.node(round % fleet.size())
                .update(new NodeStatus(List.of("198.51.100.7:" + (FIRST_PORT + round % PORTS)), 1))
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
