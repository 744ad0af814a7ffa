package io.fleetscale.relay.limits;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The relay's times.
 *
 * @param greeting from the upgrade to the complete ClientInfo
 * @param admission from there to the verdict; no verdict in time refuses
 * @param keepAlive period of the KeepAlive frame; nodes give up after 120 s of silence
 * @param keepAliveJitter each connection's period is longer by a random part of this
 * @param writeProgress a connection whose waiting bytes do not move for this long is ended
 * @param meshWriteProgress the same for a connection of another relay
 * @param drainWindow over this time connections are ended one after the other when the relay closes
 */
public record RelayTimers(
        Duration greeting,
        Duration admission,
        Duration keepAlive,
        Duration keepAliveJitter,
        Duration writeProgress,
        Duration meshWriteProgress,
        Duration drainWindow) {
    /** Longest allowed period of KeepAlive frames, jitter included. */
    public static final Duration MAX_KEEP_ALIVE = Duration.ofSeconds(110);

    public static final RelayTimers DEFAULT = new RelayTimers(
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1));

    public RelayTimers withDrainWindow(Duration window) {
        return new RelayTimers(
                greeting, admission, keepAlive, keepAliveJitter, writeProgress, meshWriteProgress, window);
    }

    /** All problems, each naming the value and what it must be. */
    public List<String> validate() {
        List<String> problems = new ArrayList<>();
        positive(problems, "greeting", greeting);
        positive(problems, "admission", admission);
        positive(problems, "keepAlive", keepAlive);
        positive(problems, "writeProgress", writeProgress);
        positive(problems, "meshWriteProgress", meshWriteProgress);
        if (keepAliveJitter.isNegative() || keepAlive.plus(keepAliveJitter).compareTo(MAX_KEEP_ALIVE) > 0) {
            problems.add("keepAlive plus keepAliveJitter is " + keepAlive.plus(keepAliveJitter) + ": must be at most "
                    + MAX_KEEP_ALIVE + " and no part negative");
        }
        if (drainWindow.isNegative()) {
            problems.add("drainWindow is " + drainWindow + ": must not be negative");
        }
        return problems;
    }

    private static void positive(List<String> problems, String name, Duration value) {
        if (!value.isPositive()) {
            problems.add(name + " is " + value + ": must be positive");
        }
    }
}
