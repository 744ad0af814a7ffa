package io.fleetscale.loadtest.faults;

import io.fleetscale.loadtest.cluster.ClusterUnderTest;
import io.fleetscale.loadtest.cluster.ClusterUnderTest.Instance;
import io.fleetscale.loadtest.cluster.NetworkCuts;
import io.fleetscale.loadtest.proxy.FaultProxy;
import io.fleetscale.loadtest.swarm.FleetSwarm;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Inflicts faults on a cluster under load, one after the other, and measures each. To be driven by one thread. */
final class FaultRun {
    private static final Duration STEADY = Duration.ofSeconds(3);
    private static final Duration SESSIONS_LIMIT = Duration.ofMinutes(3);
    private static final Duration WRITES_LIMIT = Duration.ofSeconds(60);
    private static final Duration SETTLE_LIMIT = Duration.ofSeconds(60);
    private static final int MAX_SHOWN = 20;

    private final ClusterUnderTest cluster;
    private final FleetSwarm fleet;
    private final WriteProbe probe;
    private final Timeline timeline;
    private final FaultProxy clientProxy;
    private final List<FaultProxy> databaseProxies;
    private final @Nullable NetworkCuts cuts;
    private final double writesPerSecond;
    private final Random random;

    /** @param cuts null: no fault needs them */
    FaultRun(
            ClusterUnderTest cluster,
            FleetSwarm fleet,
            WriteProbe probe,
            Timeline timeline,
            FaultProxy clientProxy,
            List<FaultProxy> databaseProxies,
            @Nullable NetworkCuts cuts,
            double writesPerSecond,
            Random random) {
        this.cluster = cluster;
        this.fleet = fleet;
        this.probe = probe;
        this.timeline = timeline;
        this.clientProxy = clientProxy;
        this.databaseProxies = List.copyOf(databaseProxies);
        this.cuts = cuts;
        this.writesPerSecond = writesPerSecond;
        this.random = random;
    }

    /** Where an instance takes part in the grid when the network is to be cut. */
    static String gridAddress(int place) {
        return "127.0.1." + (place + 1);
    }

    private final class Stage implements Fault.Scene {
        private final Fault fault;
        private final Instance victim;
        private Instant brokenAt = Instant.MIN;
        private long brokenNanos;
        private long mendedNanos;

        Stage(Fault fault, Instance victim) {
            this.fault = fault;
            this.victim = victim;
        }

        @Override
        public ClusterUnderTest cluster() {
            return cluster;
        }

        @Override
        public Instance victim() {
            return victim;
        }

        @Override
        public FaultProxy clientProxy() {
            return clientProxy;
        }

        @Override
        public List<FaultProxy> databaseProxies() {
            return databaseProxies;
        }

        @Override
        public NetworkCuts cuts() {
            if (cuts == null) {
                throw new IllegalStateException(fault + " needs a network namespace");
            }
            return cuts;
        }

        @Override
        public String gridAddress() {
            return FaultRun.gridAddress(cluster.instances().indexOf(victim));
        }

        @Override
        public int databasePort() {
            return databaseProxies.get(cluster.instances().indexOf(victim)).port();
        }

        @Override
        public void awaitAllReady() throws InterruptedException, TimeoutException {
            for (Instance instance : cluster.instances()) {
                cluster.awaitReady(instance, Fault.LIMIT);
            }
        }

        @Override
        public void broken() {
            brokenAt = Instant.now();
            brokenNanos = System.nanoTime();
            timeline.mark(fault.name().toLowerCase(java.util.Locale.ROOT));
        }

        @Override
        public void mended() {
            mendedNanos = System.nanoTime();
            timeline.mark("mended");
        }

        @Override
        public void hold(Duration time) throws InterruptedException {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        }

        @Override
        public void awaitSessions() throws InterruptedException, TimeoutException {
            // those whose connection is gone notice it a moment later
            TimeUnit.MILLISECONDS.sleep(500);
            awaitAllUp();
        }
    }

    private void awaitAllUp() throws InterruptedException, TimeoutException {
        long end = System.nanoTime() + SESSIONS_LIMIT.toNanos();
        while (fleet.sessions().missing() > 0) {
            if (System.nanoTime() > end) {
                throw new TimeoutException(fleet.sessions().missing() + " sessions are not up after " + SESSIONS_LIMIT);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    FaultResult run(Fault fault) throws Exception {
        System.err.println("fault: " + fault);
        Instance victim =
                cluster.instances().get(random.nextInt(cluster.instances().size()));
        Stage stage = new Stage(fault, victim);
        fleet.startWrites(writesPerSecond);
        TimeUnit.NANOSECONDS.sleep(STEADY.toNanos());
        int sessions = fleet.sessions().up();
        long lostBefore = fleet.sessions().lost();
        long offlineBefore = fleet.falseOffline();
        long acknowledgedBefore = fleet.acknowledgedWrites();
        Histogram unusedAway = fleet.sessions().takeAway();
        Histogram unusedLatency = fleet.takeWriteLatency();
        Histogram unusedArrivals = fleet.takeArrivals();
        double cpuBefore = cpuSeconds();
        List<String> failures = new ArrayList<>();
        fault.inflict(stage);
        if (!probe.awaitAll(stage.mendedNanos, WRITES_LIMIT)) {
            failures.add("not every instance acknowledged a write within " + WRITES_LIMIT + " after the fault");
        }
        TimeUnit.NANOSECONDS.sleep(STEADY.toNanos());
        try {
            awaitAllUp();
        } catch (TimeoutException e) {
            failures.add(e.getMessage());
        }
        List<Duration> fenced = fenced(stage);
        if (fenced.isEmpty() && fault.fences()) {
            failures.add("no instance fenced itself");
        } else if (!fenced.isEmpty() && !fault.fences()) {
            failures.add(fenced.size() + " instances fenced themselves");
        }
        failures.addAll(fleet.settle(SETTLE_LIMIT).stream().limit(MAX_SHOWN).toList());
        long now = System.nanoTime();
        FaultResult result = new FaultResult(
                fault,
                (stage.mendedNanos - stage.brokenNanos) / 1e9,
                sessions,
                fleet.sessions().lost() - lostBefore,
                fleet.sessions().takeAway(),
                fenced,
                probe.firstAfter(stage.mendedNanos),
                probe.longestSilence(stage.brokenNanos, now),
                fleet.acknowledgedWrites() - acknowledgedBefore,
                fleet.takeWriteLatency(),
                fleet.takeArrivals(),
                fleet.falseOffline() - offlineBefore,
                Math.max(0, cpuSeconds() - cpuBefore),
                failures);
        failures.forEach(failure -> System.err.println("  FAILED: " + failure));
        return result;
    }

    /** How long after the begin each instance fenced itself, if it did. */
    private List<Duration> fenced(Stage stage) throws IOException {
        List<Duration> times = new ArrayList<>();
        for (Instance instance : cluster.instances()) {
            cluster.fenced(instance, stage.brokenAt).ifPresent(at -> times.add(Duration.between(stage.brokenAt, at)));
        }
        return times;
    }

    /** Of the processes that run now: one that was killed takes its seconds with it. */
    private double cpuSeconds() {
        return cluster.instances().stream().mapToDouble(cluster::cpuSeconds).sum();
    }
}
