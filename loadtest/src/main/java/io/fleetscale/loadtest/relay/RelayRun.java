package io.fleetscale.loadtest.relay;

import io.fleetscale.loadtest.process.ServerProcess;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Every measurement on one program; values are kept by name, one for each round. Used by one thread. */
final class RelayRun {
    static final String PACKETS_4 = "delivered packets per CPU-second, 4 pairs";
    static final String PACKETS_32 = "delivered packets per CPU-second, 32 pairs";
    static final String PACKETS_MESH = "delivered packets per CPU-second of both relays, mesh of two, 8 pairs";
    static final String LOSS = "loss, highest of all rounds above";
    static final String ROUND_TRIP = "round trip p99 at half load, 32 pairs";
    static final String HANDSHAKES = "connections admitted per CPU-second";
    static final String IDLE = "memory of an idle connection";
    static final String HELD = "connections held";

    private static final int WARM_UP_PAIRS = 8;
    private static final int MESH_PAIRS = 8;

    private final RelayProgram program;
    private final RelayClients clients;
    private final Plan plan;
    private final Map<String, List<Double>> values = new LinkedHashMap<>();

    /**
     * @param packetsPerSecond offered
     * @param time of one load
     * @param connections idle ones
     * @param handshakes connections to time
     */
    record Plan(int packetBytes, int packetsPerSecond, Duration time, int connections, int handshakes) {}

    RelayRun(RelayProgram program, RelayClients clients, Plan plan) {
        this.program = program;
        this.clients = clients;
        this.plan = plan;
    }

    RelayProgram program() {
        return program;
    }

    /** Load of all kinds, so that a JVM has compiled what runs hot. */
    void warmUp(Duration time) throws Exception {
        RelayLoad.Shape shape =
                new RelayLoad.Shape(WARM_UP_PAIRS, plan.packetBytes(), plan.packetsPerSecond() / 2, time.dividedBy(3));
        RelayLoad load = new RelayLoad(clients);
        var unused = load.run(program.first(), program.first(), shape, program::cpuSeconds);
        unused = load.run(program.first(), program.second(), shape, program::cpuSeconds);
        long end = System.nanoTime() + time.dividedBy(3).toNanos();
        while (System.nanoTime() - end < 0) {
            disconnect(clients.connect(program.first(), plan.handshakes(), RelayRun::ignore));
        }
    }

    /** One round of packets. */
    void packets() throws Exception {
        load(PACKETS_4, 4, false);
        load(PACKETS_32, 32, false);
        load(PACKETS_MESH, MESH_PAIRS, true);
    }

    private void load(String name, int pairs, boolean mesh) throws Exception {
        RelayLoad.Outcome outcome = outcome(pairs, plan.packetsPerSecond(), mesh);
        note(name, outcome.deliveredPerCpuSecond());
        note(LOSS, outcome.lossPercent());
    }

    /** One round of half the load. */
    void roundTrips() throws Exception {
        note(ROUND_TRIP, outcome(32, plan.packetsPerSecond() / 2, false).roundTripMillis(99));
    }

    private RelayLoad.Outcome outcome(int pairs, int packetsPerSecond, boolean mesh) throws Exception {
        RelayLoad.Shape shape = new RelayLoad.Shape(pairs, plan.packetBytes(), packetsPerSecond, plan.time());
        return new RelayLoad(clients)
                .run(
                        program.first(),
                        mesh ? program.second() : program.first(),
                        shape,
                        mesh ? program::cpuSeconds : program.process()::cpuSeconds);
    }

    /** One round of connections that come and go. */
    void handshakes() throws Exception {
        ServerProcess process = program.process();
        double before = process.cpuSeconds();
        List<RelayClient> connected = clients.connect(program.first(), plan.handshakes(), RelayRun::ignore);
        note(HANDSHAKES, connected.size() / Math.max(0.01, process.cpuSeconds() - before));
        disconnect(connected);
    }

    /** Connections that do nothing. */
    void idle() throws Exception {
        long before = program.residentBytes();
        List<RelayClient> held = clients.connect(program.first(), plan.connections(), RelayRun::ignore);
        TimeUnit.SECONDS.sleep(3);
        note(IDLE, (program.residentBytes() - before) / 1024.0 / held.size());
        note(HELD, held.size());
        disconnect(held);
    }

    private static void disconnect(List<RelayClient> connected) throws InterruptedException {
        connected.forEach(RelayClient::close);
        TimeUnit.SECONDS.sleep(1);
    }

    private static void ignore(RelayClient receiver, ByteBuf buffer, int start, int length) {
        // idle connections get nothing
    }

    private void note(String name, double value) {
        System.err.printf(java.util.Locale.ROOT, "%-10s %s: %.2f%n", program.name(), name, value);
        values.computeIfAbsent(name, unused -> new ArrayList<>()).add(value);
    }

    /** The median of all rounds; of the loss the highest. */
    double value(String name) {
        double[] sorted = values.getOrDefault(name, List.of()).stream()
                .mapToDouble(Double::doubleValue)
                .sorted()
                .toArray();
        if (sorted.length == 0) {
            throw new IllegalStateException("not measured: " + name);
        }
        return name.equals(LOSS) ? Arrays.stream(sorted).max().orElseThrow() : sorted[sorted.length / 2];
    }

    List<String> names() {
        return List.copyOf(values.keySet());
    }
}
