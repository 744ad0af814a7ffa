package io.fleetscale.loadtest.faults;

import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What one fault did.
 *
 * @param seconds from its begin until it was mended
 * @param sessions before it
 * @param streamsLost polls that ended
 * @param away how long each lost session was away, in microseconds
 * @param fenced for each instance that fenced itself, how long after the begin
 * @param writesBack for each instance that acknowledged again, from the mending to its first acknowledged write
 * @param silence longest time in which no instance acknowledged a write
 * @param acknowledged writes of the load, from the begin to the settling
 * @param writeLatency of the load, in microseconds
 * @param arrivals from a write to each session that sees it, in microseconds
 * @param falseOffline sessions told that a peer is offline that was not
 * @param cpuSeconds of all instances from the begin to the settling
 * @param failures what did not hold, one line each
 */
record FaultResult(
        Fault fault,
        double seconds,
        int sessions,
        long streamsLost,
        Histogram away,
        List<Duration> fenced,
        List<Duration> writesBack,
        Duration silence,
        long acknowledged,
        Histogram writeLatency,
        Histogram arrivals,
        long falseOffline,
        double cpuSeconds,
        List<String> failures) {
    FaultResult {
        fenced = List.copyOf(fenced);
        writesBack = List.copyOf(writesBack);
        failures = List.copyOf(failures);
    }
}
