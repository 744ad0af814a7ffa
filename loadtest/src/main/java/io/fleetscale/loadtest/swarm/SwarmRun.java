package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.netmap.PeerView.Degree;
import io.fleetscale.loadtest.netmap.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;

/** The phases of {@code loadtest swarm}, each timed and checked. To be driven by one thread. */
final class SwarmRun {
    private static final Duration SETTLE = Duration.ofSeconds(2);
    private static final int MAX_SHOWN = 20;

    private final Swarm swarm;
    private final SwarmEvents events;
    private final PhaseClock clock;
    private final Duration limit;
    private final List<String> failures = new ArrayList<>();
    private final LongAdder keepAlives = new LongAdder();
    private final LongAdder lostPolls = new LongAdder();
    private final LongAdder failedUpdates = new LongAdder();
    private volatile Histogram firstMaps = SwarmEvents.newHistogram();

    private final NodeObserver observer = new NodeObserver() {
        @Override
        public void onFullMap(long nanos) {
            firstMaps.recordValue(Math.min(nanos / 1000, firstMaps.getHighestTrackableValue()));
        }

        @Override
        public void onKeepAlive() {
            keepAlives.increment();
        }

        @Override
        public void onPollLost(Throwable cause) {
            lostPolls.increment();
        }

        @Override
        public void onUpdateFailed(Throwable cause) {
            failedUpdates.increment();
        }
    };

    SwarmRun(Swarm swarm, SwarmEvents events, PhaseClock clock, Duration limit) {
        this.swarm = swarm;
        this.events = events;
        this.clock = clock;
        this.limit = limit;
    }

    /** What did not hold, one line each. */
    List<String> failures() {
        for (Violation violation : swarm.violations().stream().limit(MAX_SHOWN).toList()) {
            failures.add(violation.toString());
        }
        return List.copyOf(failures);
    }

    void join(int count, String authKey, int parallel) throws InterruptedException {
        clock.start("register");
        swarm.join(count, authKey, parallel, observer);
        double seconds = clock.stop(count + " nodes, " + parallel + " at a time, key and connection included");
        clock.add("rate", count / seconds, "1/s", "");
        perUnit("CPU of the server for each", count, "ms", 1e3);
    }

    void firstMaps() throws InterruptedException {
        clock.start("first maps");
        swarm.startPolling();
        awaitAll();
        clock.stop("all polls at once until all see all, reachable");
        clock.percentiles("full map", firstMaps, "poll tried to map read");
        clock.add("map bytes", swarm.frameBytes() / 1e6, "MB", "compressed");
        perUnit("CPU of the server for each session", swarm.members().size(), "ms", 1e3);
        settle();
    }

    void endpointChanges(int rounds) throws InterruptedException {
        if (rounds == 0) {
            return;
        }
        Random random = new Random(1);
        List<Member> members = swarm.members();
        Histogram histogram = SwarmEvents.newHistogram();
        clock.start("endpoint change");
        for (int round = 0; round < rounds; round++) {
            Member mover = members.get(random.nextInt(members.size()));
            int port = Swarm.nextPort(mover);
            events.expectEndpoint(mover.view().selfId(), port, members.size(), members.size() - 1, histogram);
            Swarm.tellPort(mover, port).join();
            long unseen = events.await(limit.toSeconds());
            if (unseen > 0) {
                failures.add("endpoint change " + round + " not seen by " + unseen + " sessions within " + limit);
            }
        }
        clock.stop(rounds + " changes, one after the other");
        clock.percentiles("seen by a peer", histogram, "from before the request");
        perUnit("CPU of the server for each delivery", (long) rounds * (members.size() - 1), "us", 1e6);
    }

    void newcomers(int count, String authKey) throws InterruptedException {
        if (count == 0) {
            return;
        }
        Histogram histogram = SwarmEvents.newHistogram();
        clock.start("newcomer");
        for (int i = 0; i < count; i++) {
            Member member = swarm.prepare("late-" + i, observer);
            events.expectNewcomer(swarm.members().size(), histogram);
            member.node().register(authKey).join();
            Swarm.startPolling(member);
            long unseen = events.await(limit.toSeconds());
            if (unseen > 0) {
                failures.add("newcomer " + i + " not seen by " + unseen + " sessions within " + limit);
            }
            swarm.admit(member);
            awaitAll(); // its own first map must not hold the next newcomer
        }
        clock.stop(count + " nodes, one after the other");
        clock.percentiles("seen by a peer", histogram, "from before its registration");
        settle();
    }

    void storm(int number) throws InterruptedException {
        firstMaps = SwarmEvents.newHistogram();
        long offlineBefore = events.offlineNotices();
        long bytesBefore = swarm.frameBytes();
        clock.start("storm " + number);
        swarm.dropConnections();
        awaitFullMaps(swarm.members().size());
        awaitAll();
        clock.stop("all connections cut at once until all see all again, reachable");
        clock.percentiles("full map", firstMaps, "connection cut to map read");
        clock.add("offline notices", events.offlineNotices() - offlineBefore, "", "0 if the grace holds");
        clock.add("map bytes", (swarm.frameBytes() - bytesBefore) / 1e6, "MB", "compressed");
        settle();
    }

    void hold(Duration time) throws InterruptedException {
        long keepAlivesBefore = keepAlives.sum();
        long messagesBefore = swarm.messages();
        long lostBefore = lostPolls.sum();
        clock.start("hold");
        Thread.sleep(time);
        clock.stop("idle sessions");
        clock.add("keep-alives", keepAlives.sum() - keepAlivesBefore, "", "");
        clock.add("other messages", swarm.messages() - messagesBefore, "", "0 in a tailnet where nothing happens");
        clock.add("lost polls", lostPolls.sum() - lostBefore, "", "");
        clock.add("failed lite updates", failedUpdates.sum(), "", "in the whole run");
        if (lostPolls.sum() > lostBefore) {
            failures.add("polls were lost while nothing happened");
        }
    }

    private void awaitFullMaps(int count) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (firstMaps.getTotalCount() < count) {
            if (System.nanoTime() > end) {
                failures.add(
                        "only " + firstMaps.getTotalCount() + " of " + count + " sessions came back within " + limit);
                return;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private void awaitAll() throws InterruptedException {
        try {
            swarm.awaitAllSeeAll(Degree.REACHABLE, limit);
        } catch (TimeoutException e) {
            failures.add(e.getMessage());
        }
    }

    /** Waits until no message has come for a while, so that one phase does not pay for another. */
    private void settle() throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        long before = -1;
        while (before != swarm.messages() && System.nanoTime() < end) {
            before = swarm.messages();
            Thread.sleep(SETTLE);
        }
    }

    private void perUnit(String what, long count, String unit, double scale) {
        if (clock.hasServer()) {
            clock.add(what, clock.serverCpuSeconds() * scale / count, unit, "/proc/PID/stat");
        }
    }
}
