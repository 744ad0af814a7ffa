package io.fleetscale.loadtest.consistency;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the history of one register is linearizable, in n log n, which is possible since every write has a value of
 * its own. A write and the reads of its value are a cluster; between its earliest end and its latest begin lies its zone, in
 * which the register must have had the value (forward), or somewhere in which it must have had it (backward). The history is
 * linearizable exactly if no read ends before its write begins, no two forward zones overlap and no backward zone lies inside a
 * forward one. Source: Gibbons and Korach, "Testing shared memories", SIAM J. Comput. 26 (1997), section 4.
 */
public final class RegisterChecker {
    private RegisterChecker() {}

    /** One value: its write and its reads. */
    private static final class Cluster {
        private final String value;
        private boolean written;
        private boolean read;
        private long writeInvoked;
        private long minReturned = Long.MAX_VALUE;
        private long maxInvoked = Long.MIN_VALUE;
        private long firstReadReturned = Long.MAX_VALUE;

        Cluster(String value) {
            this.value = value;
        }

        void add(Operation operation) {
            if (operation.isWrite()) {
                if (written) {
                    throw new IllegalArgumentException("two writes of \"" + value + "\": values must be unique");
                }
                written = true;
                writeInvoked = operation.invokedNanos();
            } else {
                read = true;
                firstReadReturned = Math.min(firstReadReturned, operation.returnedNanos());
            }
            minReturned = Math.min(minReturned, operation.returnedNanos());
            maxInvoked = Math.max(maxInvoked, operation.invokedNanos());
        }

        boolean isForward() {
            return minReturned < maxInvoked;
        }

        long from() {
            return Math.min(minReturned, maxInvoked);
        }

        long to() {
            return Math.max(minReturned, maxInvoked);
        }

        /** A write without an answer that nobody has read need not have happened. */
        boolean mayBeLeftOut() {
            return !read && minReturned == Operation.NEVER;
        }
    }

    /**
     * @param initial value before the first operation
     * @return what is wrong, with the values; empty if the history is linearizable
     * @throws IllegalArgumentException if two writes have one value
     */
    public static Optional<String> check(String initial, List<Operation> history) {
        Map<String, Cluster> clusters = new HashMap<>();
        Cluster first = new Cluster(initial);
        first.add(Operation.write(initial, Long.MIN_VALUE, Long.MIN_VALUE));
        clusters.put(initial, first);
        for (Operation operation : history) {
            clusters.computeIfAbsent(operation.value(), Cluster::new).add(operation);
        }
        List<Cluster> forward = new ArrayList<>();
        List<Cluster> backward = new ArrayList<>();
        for (Cluster cluster : clusters.values()) {
            if (!cluster.written) {
                return Optional.of("\"" + cluster.value + "\" was read and never written");
            }
            if (cluster.firstReadReturned < cluster.writeInvoked) {
                return Optional.of("\"" + cluster.value + "\" was read before it was written");
            }
            if (!cluster.mayBeLeftOut()) {
                (cluster.isForward() ? forward : backward).add(cluster);
            }
        }
        forward.sort(Comparator.comparingLong(Cluster::from));
        return overlap(forward).or(() -> inside(forward, backward));
    }

    private static Optional<String> overlap(List<Cluster> forward) {
        @Nullable Cluster before = null;
        for (Cluster cluster : forward) {
            if (before != null && cluster.from() < before.to()) {
                return Optional.of("\"" + before.value + "\" and \"" + cluster.value
                        + "\" were each read after the other was over");
            }
            before = cluster;
        }
        return Optional.empty();
    }

    private static Optional<String> inside(List<Cluster> forward, List<Cluster> backward) {
        for (Cluster cluster : backward) {
            Cluster around = lastFrom(forward, cluster.from());
            if (around != null && around.from() < cluster.from() && cluster.to() < around.to()) {
                return Optional.of("\"" + cluster.value + "\" was written wholly between two operations on \""
                        + around.value + "\": the later of those is stale, or the write is lost");
            }
        }
        return Optional.empty();
    }

    /** The forward zone that begins last before {@code at}; they do not overlap, so no other can hold it. */
    private static @Nullable Cluster lastFrom(List<Cluster> forward, long at) {
        int low = 0;
        int high = forward.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (forward.get(middle).from() < at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? null : forward.get(low - 1);
    }
}
