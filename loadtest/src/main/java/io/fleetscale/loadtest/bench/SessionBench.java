package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeIdentity;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.client.NodeStatus;
import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.netmap.FrameCounter;
import io.fleetscale.loadtest.process.ServerProcess;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Memory of the server for each idle session: (RSS with N sessions - RSS without, the same nodes registered) / N, each after
 * a collection of garbage, plain HTTP. Every node sees every other; the clients only count frames, for a whole map of N peers
 * in each of N clients would cost more than the server.
 *
 * <p>Twice in one process. The first time the difference holds all that the first sessions ever cost (code, caches of
 * maps, buffers of the event loops): that is the figure with the aim. The second time it is what a session costs in a server
 * that has been running.
 */
final class SessionBench {
    private static final double AIM_KIB = 24;
    private static final int PARALLEL = 64;
    private static final Duration CALL_LIMIT = Duration.ofMinutes(10);
    private static final Duration SETTLE = Duration.ofSeconds(3);
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(3);
    /** After this the server has given up nodes that went away. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    private final Path launcher;
    private final int count;
    private final List<Session> sessions = new ArrayList<>();

    private record Session(SimulatedNode node, FrameCounter frames, Opened opened) {}

    /** Completes with the first full map. */
    private static final class Opened implements NodeObserver {
        private final CompletableFuture<Void> full = new CompletableFuture<>();

        @Override
        public void onFullMap(long nanos) {
            full.complete(null);
        }
    }

    /** Memory at one moment. */
    private record Memory(long resident, long heap) {
        static Memory of(ServerProcess server) throws Exception {
            server.collectGarbage();
            return new Memory(server.residentBytes(), server.heapBytes());
        }
    }

    /**
     * @param launcher {@code bin/fleetscale} of a clone or of the archive
     * @param count how many sessions
     */
    SessionBench(Path launcher, int count) {
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
    }

    private void measure(Report report, DevServer dev, ClientLoops loops) throws Exception {
        ServerProcess server = new ServerProcess(dev.ready().get("pid").asLong());
        ControlUrl url = ControlUrl.parse(dev.told("url"));
        List<NodeIdentity> identities = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            identities.add(NodeIdentity.create("idle-" + i));
        }
        prepare(loops, url, identities);
        forEach(session -> session.node()
                .register(dev.told("preauth_key"))
                .whenComplete((nothing, failure) -> session.node().dropConnection()));
        for (String when : List.of("first", "second")) {
            settle();
            Memory without = Memory.of(server);
            open();
            settle();
            Memory with = Memory.of(server);
            String note = "(RSS at " + count + " - RSS at 0) / " + count + ", " + when
                    + " time in the process, after GC, all nodes see all, no TLS";
            double resident = (with.resident() - without.resident()) / 1024.0 / count;
            report.add(
                    when.equals("first")
                            ? Figure.atMost("idle session, memory of the server", resident, AIM_KIB, "KiB", note)
                            : Figure.of("idle session, memory of the server, again", resident, "KiB", note));
            report.add(Figure.of(
                    "idle session, heap of the server, " + when + " time",
                    (with.heap() - without.heap()) / 1024.0 / count,
                    "KiB",
                    "the same difference of jcmd GC.heap_info"));
            report.add(Figure.of(
                    "RSS at 0, " + when + " time", without.resident() / 1048576.0, "MiB", count + " nodes registered"));
            report.add(
                    Figure.of("RSS at N, " + when + " time", with.resident() / 1048576.0, "MiB", count + " sessions"));
            sessions.forEach(session -> session.node().close());
            TimeUnit.MILLISECONDS.sleep(GRACE.toMillis());
            prepare(loops, url, identities);
        }
    }

    private void prepare(ClientLoops loops, ControlUrl url, List<NodeIdentity> identities) {
        sessions.clear();
        for (NodeIdentity identity : identities) {
            FrameCounter frames = new FrameCounter();
            Opened opened = new Opened();
            sessions.add(new Session(new SimulatedNode(loops, url, identity, frames, opened), frames, opened));
        }
    }

    private void open() throws Exception {
        forEach(session -> {
            session.node().startPolling(new NodeStatus(List.of("198.51.100.7:41641"), 1));
            return session.opened().full;
        });
    }

    private void forEach(Function<Session, CompletableFuture<Void>> call) throws Exception {
        Semaphore slots = new Semaphore(PARALLEL);
        List<CompletableFuture<Void>> calls = new ArrayList<>(sessions.size());
        for (Session session : sessions) {
            slots.acquire();
            calls.add(call.apply(session).whenComplete((nothing, failure) -> slots.release()));
        }
        CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).get(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Until hardly more comes than keep-alives, one a session in 50 s. */
    private void settle() throws InterruptedException {
        long end = System.nanoTime() + SETTLE_LIMIT.toNanos();
        long before;
        long after = messages();
        do {
            before = after;
            TimeUnit.MILLISECONDS.sleep(SETTLE.toMillis());
            after = messages();
        } while (after - before > count / 10 && System.nanoTime() < end);
    }

    private long messages() {
        return sessions.stream()
                .mapToLong(session -> session.frames().messages())
                .sum();
    }
}
