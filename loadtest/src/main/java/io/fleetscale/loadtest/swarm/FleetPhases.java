package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/** What {@code loadtest swarm --writes} does: join, write for some time, and hold every session against the model. */
final class FleetPhases {
    private final FleetSwarm fleet;
    private final PhaseClock clock;
    private final Report report;
    private final Duration limit;

    FleetPhases(FleetSwarm fleet, PhaseClock clock, Report report, Duration limit) {
        this.fleet = fleet;
        this.clock = clock;
        this.report = report;
        this.limit = limit;
    }

    /** What did not hold, one line each. */
    List<String> run(int nodes, int parallel, double writesPerSecond, Duration time)
            throws InterruptedException, TimeoutException {
        clock.start("join");
        fleet.join(nodes, parallel, limit);
        double unusedSeconds = clock.stop(nodes + " nodes registered, and all see all that they must");
        long offlineBefore = fleet.falseOffline();
        long lostBefore = fleet.sessions().lost();
        Histogram unusedAway = fleet.sessions().takeAway();
        clock.start("writes");
        fleet.startWrites(writesPerSecond);
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
        List<String> failures = fleet.settle(limit);
        double seconds = clock.stop("and until all netmaps were what was acknowledged");
        clock.add(
                "acknowledged",
                fleet.acknowledgedWrites(),
                "",
                String.format(Locale.ROOT, "%.1f a second", fleet.acknowledgedWrites() / seconds));
        clock.add("not begun", fleet.skippedWrites(), "", "too many had no answer");
        clock.percentiles("acknowledged after", fleet.takeWriteLatency(), "deletions with a newcomer included");
        clock.percentiles("seen by a peer after", fleet.takeArrivals(), "from before the request");
        clock.add("sessions lost", fleet.sessions().lost() - lostBefore, "", "");
        Histogram away = fleet.sessions().takeAway();
        if (away.getTotalCount() > 0) {
            clock.percentiles("without a session", away, "poll lost to full map");
        }
        clock.add("false offline notices", fleet.falseOffline() - offlineBefore, "", "");
        report.add(Figure.atMost("violations", failures.size(), 0, "", "of the model, by any session"));
        return failures;
    }
}
