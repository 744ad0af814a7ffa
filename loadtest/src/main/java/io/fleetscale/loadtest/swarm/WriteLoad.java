package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.AdminClient.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntFunction;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Changes a tailnet at a steady rate: renames, endpoints, tags (a change of group), deletions with a newcomer for each. A
 * write whose outcome is unknown is sent again until it is acknowledged, so that the model is exact once all are settled.
 * Thread-safe after {@link #start}.
 */
final class WriteLoad implements AutoCloseable {
    private static final Duration INSIST = Duration.ofSeconds(90);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final long MAX_MICROS = 120_000_000;
    private static final int PICKS = 50;
    /** A newcomer must come into its own before the next one is made. */
    private static final int MAX_UNDER_WAY = 256;

    private final FleetSwarm fleet;
    private final AdminClient admin;
    private final IntFunction<String> keyOfGroup;
    private final Random random;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private volatile Histogram latency = new ConcurrentHistogram(MAX_MICROS, 3);
    private volatile boolean stopping;
    private @Nullable Future<?> begins;

    WriteLoad(FleetSwarm fleet, AdminClient admin, IntFunction<String> keyOfGroup, Random random) {
        this.fleet = fleet;
        this.admin = admin;
        this.keyOfGroup = keyOfGroup;
        this.random = random;
    }

    /** Begins; {@code perSecond} writes are begun each second whether earlier ones are answered or not. */
    void start(double perSecond) {
        stopping = false;
        long period = (long) (1e9 / perSecond);
        begins = threads.submit(() -> {
            long next = System.nanoTime();
            while (!stopping) {
                next += period;
                long wait = next - System.nanoTime();
                if (wait > 0) {
                    TimeUnit.NANOSECONDS.sleep(wait);
                }
                if (underWay.get() >= MAX_UNDER_WAY) {
                    skipped.increment();
                } else {
                    begin();
                }
            }
            return null;
        });
    }

    private void begin() {
        List<Member> members = fleet.swarm().members();
        for (int i = 0; i < PICKS; i++) {
            Member member = members.get(random.nextInt(members.size()));
            if (member.view().selfId() > 0 && fleet.model().claim(member)) {
                int kind = random.nextInt(100);
                int group = fleet.model().groups() == 0
                        ? 0
                        : random.nextInt(fleet.model().groups());
                underWay.incrementAndGet();
                Future<?> unused = threads.submit(() -> {
                    try {
                        long start = System.nanoTime();
                        write(member, kind, group);
                        latency.recordValue(Math.min((System.nanoTime() - start) / 1000, MAX_MICROS));
                        acknowledged.increment();
                    } catch (IllegalStateException | CompletionException e) {
                        failures.add(e.toString());
                    } finally {
                        fleet.model().release(member);
                        underWay.decrementAndGet();
                    }
                    return null;
                });
                return;
            }
        }
        skipped.increment();
    }

    private void write(Member member, int kind, int group) throws InterruptedException {
        TailnetModel model = fleet.model();
        String node = "/api/v1/node/" + member.view().selfId();
        fleet.events().know(member.view().selfId(), member.number());
        if (kind < 40) {
            String name = "m" + member.number() + "-v" + model.nextVersion();
            fleet.events().expectName(member.view().selfId(), name);
            must(admin.insist("POST", node + "/rename/" + name, "", INSIST), "rename to " + name);
            model.renamed(member, name);
        } else if (kind < 80) {
            int port = Swarm.nextPort(member);
            fleet.events().expectPort(member.view().selfId(), port);
            untilTaken(member, port);
        } else if (kind < 92 && model.groups() > 1) {
            model.moving(member, group);
            String body = "{\"tags\":[\"" + model.tags(group).getFirst() + "\"]}";
            must(admin.insist("POST", node + "/tags", body, INSIST), "tags " + body);
            model.moved(member, group);
        } else {
            replace(member, node);
        }
    }

    private void replace(Member member, String node) throws InterruptedException {
        fleet.leave(member);
        Outcome deleted = admin.insist("DELETE", node, "", INSIST);
        // a deletion whose answer was lost is found done by the next try
        if (!(deleted instanceof Outcome.Refused refused && refused.status() == 404)) {
            must(deleted, "delete");
        }
        fleet.model().gone(member);
        member.node().close();
        Member newcomer = fleet.prepare();
        String key = keyOfGroup.apply(fleet.model().group(newcomer));
        Swarm.insistOnRegistration(newcomer, key, INSIST).join();
        Swarm.startPolling(newcomer);
        fleet.swarm().admit(newcomer);
    }

    private static void untilTaken(Member member, int port) throws InterruptedException {
        long end = System.nanoTime() + INSIST.toNanos();
        while (true) {
            try {
                Swarm.tellPort(member, port).join();
                return;
            } catch (CompletionException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
            }
        }
    }

    private static void must(Outcome outcome, String what) {
        if (!(outcome instanceof Outcome.Done)) {
            throw new IllegalStateException(what + ": " + outcome);
        }
    }

    /** No more writes; returns when all that were begun are settled. */
    void finish() throws InterruptedException {
        stopping = true;
        Future<?> running = begins;
        while (running != null && !running.isDone()) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        long end = System.nanoTime() + INSIST.plus(INSIST).toNanos();
        while (underWay.get() > 0 && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        if (underWay.get() > 0) {
            failures.add(underWay.get() + " writes without an answer");
        }
    }

    long acknowledged() {
        return acknowledged.sum();
    }

    /** Writes that were not begun because too many were under way. */
    long skipped() {
        return skipped.sum();
    }

    /** What the server refused, or did not take in time, since the last call. */
    List<String> takeFailures() {
        List<String> taken = new ArrayList<>();
        for (String failure = failures.poll(); failure != null; failure = failures.poll()) {
            taken.add(failure);
        }
        return taken;
    }

    /** From the first try of each write to its acknowledgement, in microseconds, since the last call. */
    Histogram takeLatency() {
        Histogram taken = latency;
        latency = new ConcurrentHistogram(MAX_MICROS, 3);
        return taken;
    }

    @Override
    public void close() {
        stopping = true;
        threads.shutdownNow();
    }
}
