package io.fleetscale.control.instance;

import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;

/**
 * Whether an instance that sees this may go on. The table of architecture section 3 as a function; knows no clock and no
 * network.
 */
final class FencePolicy {
    /** Longer than this without a look, and others have gone on without this process, if there are any. */
    static final Duration LONGEST_PAUSE = Duration.ofSeconds(4);
    /** Longer than this without a renewal, and PostgreSQL is away for this instance; below the lease. */
    static final Duration LONGEST_SILENCE = Duration.ofSeconds(4);
    /** Whoever renewed within this has PostgreSQL. */
    static final Duration RECENT = Duration.ofSeconds(2);

    private FencePolicy() {}

    /** What to do. */
    sealed interface Verdict {
        record GoOn() implements Verdict {}

        /** Claim the cluster; the smaller side waits for the other one first. */
        record Race(boolean smallerSide) implements Verdict {}

        record Fence(String reason) implements Verdict {}
    }

    static Verdict decide(Sight sight) {
        if (sight.sincePause().compareTo(LONGEST_PAUSE) > 0 && sight.lastView().size() > 1) {
            return new Verdict.Fence(
                    "this process was stopped for " + sight.sincePause().toSeconds() + " s");
        }
        if (sight.lost()) {
            return new Verdict.Fence("the grid was split, and the other side went on");
        }
        return sight.sinceRenewed().compareTo(LONGEST_SILENCE) > 0 ? withoutDatabase(sight) : withDatabase(sight);
    }

    private static Verdict withoutDatabase(Sight sight) {
        for (Map.Entry<String, Duration> other : sight.othersRenewed().entrySet()) {
            if (other.getValue().compareTo(RECENT) < 0) {
                return new Verdict.Fence("PostgreSQL answers instance " + other.getKey() + " but not this one");
            }
        }
        long seen = sight.lastView().stream().filter(sight.members()::contains).count();
        return sight.lastView().size() > 1 && 2 * seen <= sight.lastView().size()
                ? new Verdict.Fence("PostgreSQL does not answer, and of the "
                        + sight.lastView().size() + " instances only " + seen + " are in the grid")
                : new Verdict.GoOn();
    }

    private static Verdict withDatabase(Sight sight) {
        if (sight.strangers().isEmpty()) {
            return new Verdict.GoOn();
        }
        // Those of the other side renew one after the other: whoever is missing counts, not only who was noticed
        // already.
        TreeSet<String> theirs = new TreeSet<>(sight.lastView());
        theirs.removeAll(sight.members());
        theirs.addAll(sight.strangers());
        int mine = sight.members().size();
        boolean smaller = mine < theirs.size()
                || (mine == theirs.size()
                        && new TreeSet<>(sight.members()).first().compareTo(theirs.first()) > 0);
        return new Verdict.Race(smaller);
    }
}
