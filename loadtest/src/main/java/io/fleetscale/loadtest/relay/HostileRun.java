package io.fleetscale.loadtest.relay;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * What nodes that behave have of those that do not: while a relay is abused, some pairs exchange packets at a fixed rate, and a new
 * node connects. Used by one thread.
 */
final class HostileRun {
    private static final int PAIRS = 4;
    private static final int PACKETS_PER_SECOND = 2_000;
    private static final int PACKET_BYTES = 1_280;
    private static final int SLOW_READERS = 50;
    private static final int FLOODING_SENDERS = 4;
    private static final int FLOOD_BATCH = 32;
    private static final long FLOOD_PAUSE_NANOS = 4_000_000;
    private static final double LOSS_AIM_PERCENT = 0.1;
    private static final double BACK_AIM_SECONDS = 30;

    private final RelayProgram program;
    private final RelayClients clients;
    private final Report report;
    private final Duration time;

    /** @param time of each abuse */
    HostileRun(RelayProgram program, RelayClients clients, Report report, Duration time) {
        this.program = program;
        this.clients = clients;
        this.report = report;
        this.time = time;
    }

    /** The same without abuse, to compare with, after a warm-up. */
    void quiet() throws Exception {
        load(time);
        bystanders("nobody disturbs", load(time));
    }

    /** Connections that say nothing, not even TLS. */
    void silent(int count) throws Exception {
        long before = program.residentBytes();
        List<Channel> held = clients.open(program.first(), count);
        add(Figure.of("silent: connections opened", held.size(), "", "TCP, no byte is sent"));
        bystanders("silent", load(time));
        long alive = held.stream().filter(Channel::isActive).count();
        add(Figure.of("silent: still open after the load", alive, "", "the relay ends them after 30 s of silence"));
        add(Figure.of(
                "silent: memory of a connection",
                (program.residentBytes() - before) / 1024.0 / Math.max(1, alive),
                "KiB",
                "resident, after garbage was collected"));
        held.forEach(channel -> {
            var unused = channel.close();
        });
        TimeUnit.SECONDS.sleep(1);
    }

    /** Nodes that are admitted and never read, and others that send to them. */
    void slowReaders() throws Exception {
        long before = program.residentBytes();
        List<RelayClient> readers = clients.connect(program.first(), SLOW_READERS, HostileRun::ignore);
        readers.forEach(RelayClient::stopReading);
        List<RelayClient> senders = clients.connect(program.first(), FLOODING_SENDERS, HostileRun::ignore);
        AtomicBoolean flooding = new AtomicBoolean(true);
        CompletableFuture<Void> flood = flood(senders, readers, flooding);
        try {
            bystanders("slow readers", load(time));
        } finally {
            flooding.set(false);
            flood.join();
        }
        add(Figure.of(
                "slow readers: growth of memory",
                (program.residentBytes() - before) / 1048576.0,
                "MiB",
                SLOW_READERS + " nodes that do not read, " + FLOODING_SENDERS
                        + " that send them up to 30,000 packets/s"));
        readers.forEach(RelayClient::close);
        senders.forEach(RelayClient::close);
        TimeUnit.SECONDS.sleep(1);
    }

    /** Nodes that send one other up to 30,000 packets a second. */
    void floodToOne() throws Exception {
        List<RelayClient> victim = clients.connect(program.first(), 1, HostileRun::ignore);
        List<RelayClient> senders = clients.connect(program.first(), FLOODING_SENDERS, HostileRun::ignore);
        AtomicBoolean flooding = new AtomicBoolean(true);
        CompletableFuture<Void> flood = flood(senders, victim, flooding);
        try {
            bystanders("flood to one node", load(time));
        } finally {
            flooding.set(false);
            flood.join();
        }
        victim.forEach(RelayClient::close);
        senders.forEach(RelayClient::close);
        TimeUnit.SECONDS.sleep(1);
    }

    /** Nodes whose connections end at once and that all come back. */
    void storm(int count) throws Exception {
        List<RelayClient> crowd = clients.connect(program.first(), count, HostileRun::ignore);
        add(new Figure("storm: admitted connections held", crowd.size(), "", (double) count, false, "idle, TLS 1.3"));
        crowd.forEach(RelayClient::close);
        long began = System.nanoTime();
        CompletableFuture<List<RelayClient>> back = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return clients.connect(program.first(), count, HostileRun::ignore);
                    } catch (Exception e) {
                        throw new IllegalStateException("the storm does not come back", e);
                    }
                },
                Thread::startVirtualThread);
        CompletableFuture<Double> seconds = back.thenApply(all -> (System.nanoTime() - began) / 1e9);
        bystanders("storm", load(time));
        add(Figure.atMost(
                "storm: until all are back",
                seconds.get(2, TimeUnit.MINUTES),
                BACK_AIM_SECONDS,
                "s",
                count + " nodes, 32 at a time, and the load generator on the same processors"));
        back.join().forEach(RelayClient::close);
        TimeUnit.SECONDS.sleep(1);
    }

    private record Seen(RelayLoad.Outcome load, double newNodeMillis) {}

    private Seen load(Duration duration) throws Exception {
        CompletableFuture<Double> newNode = CompletableFuture.supplyAsync(
                () -> {
                    LockSupport.parkNanos(duration.toNanos() / 2);
                    long began = System.nanoTime();
                    try {
                        clients.connect(program.first(), 1, HostileRun::ignore).forEach(RelayClient::close);
                    } catch (Exception e) {
                        throw new IllegalStateException("a new node is not admitted", e);
                    }
                    return (System.nanoTime() - began) / 1e6;
                },
                Thread::startVirtualThread);
        RelayLoad.Shape shape = new RelayLoad.Shape(PAIRS, PACKET_BYTES, PACKETS_PER_SECOND, duration);
        RelayLoad.Outcome outcome =
                new RelayLoad(clients).run(program.first(), program.first(), shape, program.process()::cpuSeconds);
        return new Seen(outcome, newNode.get(1, TimeUnit.MINUTES));
    }

    private void bystanders(String abuse, Seen seen) {
        String note = PAIRS + " pairs, " + PACKETS_PER_SECOND + " packets/s of " + PACKET_BYTES + " bytes in all";
        add(Figure.atMost(abuse + ": loss of others", seen.load().lossPercent(), LOSS_AIM_PERCENT, "%", note));
        add(Figure.of(abuse + ": round trip p99 of others", seen.load().roundTripMillis(99), "ms", note));
        add(Figure.of(abuse + ": a new node is admitted within", seen.newNodeMillis(), "ms", "from TCP to ServerInfo"));
    }

    /** Also told at once: a run takes minutes. */
    private void add(Figure figure) {
        System.err.println(Report.line(figure));
        report.add(figure);
    }

    /** Each sender has one batch under way at most, so that the generator floods the relay and not itself. */
    private static CompletableFuture<Void> flood(
            List<RelayClient> senders, List<RelayClient> receivers, AtomicBoolean goesOn) {
        byte[] packet = new byte[PACKET_BYTES];
        List<AtomicBoolean> busy =
                senders.stream().map(sender -> new AtomicBoolean()).toList();
        return CompletableFuture.runAsync(
                () -> {
                    int next = 0;
                    while (goesOn.get()) {
                        for (int i = 0; i < senders.size(); i++) {
                            RelayClient sender = senders.get(i);
                            AtomicBoolean underWay = busy.get(i);
                            int first = next;
                            next = (next + FLOOD_BATCH) % receivers.size();
                            if (sender.isWritable() && underWay.compareAndSet(false, true)) {
                                sender.execute(() -> {
                                    for (int j = 0; j < FLOOD_BATCH; j++) {
                                        sender.send(
                                                receivers
                                                        .get((first + j) % receivers.size())
                                                        .key(),
                                                packet);
                                    }
                                    underWay.set(false);
                                });
                            }
                        }
                        LockSupport.parkNanos(FLOOD_PAUSE_NANOS);
                    }
                },
                Thread::startVirtualThread);
    }

    private static void ignore(RelayClient receiver, ByteBuf buffer, int start, int length) {
        // what arrives is not looked at
    }
}
