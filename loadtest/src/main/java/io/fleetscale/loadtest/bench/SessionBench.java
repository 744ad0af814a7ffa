package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.process.ServerProcess;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

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
    /** After this the server has given up nodes that went away. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    /** Within this the server gives freed native memory back, as its launcher has it do. */
    private static final Duration NATIVE_TRIM = Duration.ofSeconds(12);

    private final Path launcher;
    private final int count;

    /** Memory at one moment. */
    private record Memory(long resident, long heap) {
        static Memory of(ServerProcess server) throws Exception {
            server.collectGarbage();
            TimeUnit.MILLISECONDS.sleep(NATIVE_TRIM.toMillis());
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
        IdleFleet fleet = new IdleFleet(loops, url, count);
        fleet.register(dev.told("preauth_key"));
        for (String when : List.of("first", "second")) {
            fleet.settle();
            Memory without = Memory.of(server);
            fleet.open();
            fleet.settle();
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
            fleet.close();
            TimeUnit.MILLISECONDS.sleep(GRACE.toMillis());
        }
    }
}
