package io.fleetscale.loadtest.faults;

import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.AdminClient.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * One writer for each instance that renames a user of its own again and again: when writes are acknowledged and when not, and
 * whether each acknowledged one is kept. Thread-safe.
 */
final class WriteProbe implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(40);
    private static final Duration INSIST = Duration.ofSeconds(90);

    private final AdminClient admin;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Writer> writers = new ArrayList<>();
    private volatile boolean stopping;

    private static final class Writer {
        private final int place;
        private final String user;
        private final ConcurrentSkipListSet<Long> acknowledgedNanos = new ConcurrentSkipListSet<>();
        private volatile int acknowledged;
        private volatile int tried;

        Writer(int place, String user) {
            this.place = place;
            this.user = user;
        }

        String name(int number) {
            return "probe-" + place + "-" + number;
        }
    }

    WriteProbe(AdminClient admin) {
        this.admin = admin;
    }

    void start() throws InterruptedException {
        for (int place = 0; place < admin.places(); place++) {
            String body = "{\"name\":\"probe-" + place + "-0\"}";
            String id = admin.must("POST", "/api/v1/user", body, INSIST)
                    .at("/user/id")
                    .asString();
            Writer writer = new Writer(place, id);
            writers.add(writer);
            Future<?> unused = threads.submit(() -> {
                run(writer);
                return null;
            });
        }
    }

    private void run(Writer writer) throws InterruptedException {
        while (!stopping) {
            int number = writer.tried + 1;
            writer.tried = number;
            String path = "/api/v1/user/" + writer.user + "/rename/" + writer.name(number);
            if (admin.call(writer.place, "POST", path, "") instanceof Outcome.Done) {
                writer.acknowledged = number;
                writer.acknowledgedNanos.add(System.nanoTime());
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        }
    }

    /** Time from {@code nanos} to the first acknowledgement after it, for each instance that gave one by now. */
    List<Duration> firstAfter(long nanos) {
        List<Duration> times = new ArrayList<>();
        for (Writer writer : writers) {
            Optional.ofNullable(writer.acknowledgedNanos.higher(nanos))
                    .ifPresent(at -> times.add(Duration.ofNanos(at - nanos)));
        }
        return times;
    }

    /** Waits until each instance has acknowledged a write that ended after {@code nanos}; false at the limit. */
    boolean awaitAll(long nanos, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (firstAfter(nanos).size() < writers.size()) {
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        return true;
    }

    /** Longest time without any acknowledged write, through whatever instance, between two moments. */
    Duration longestSilence(long fromNanos, long toNanos) {
        ConcurrentSkipListSet<Long> all = new ConcurrentSkipListSet<>();
        writers.forEach(writer -> all.addAll(writer.acknowledgedNanos.subSet(fromNanos, toNanos)));
        all.add(toNanos);
        long before = fromNanos;
        long longest = 0;
        for (long at : all) {
            longest = Math.max(longest, at - before);
            before = at;
        }
        return Duration.ofNanos(longest);
    }

    long acknowledged() {
        return writers.stream()
                .mapToLong(writer -> writer.acknowledgedNanos.size())
                .sum();
    }

    /** Stops; then each user must have the name of the last acknowledged write, or of a later one without an answer. */
    List<String> finish() throws InterruptedException {
        stopping = true;
        threads.shutdown();
        if (!threads.awaitTermination(INSIST.toSeconds(), TimeUnit.SECONDS)) {
            return List.of("a probing write has no answer after " + INSIST);
        }
        List<String> lost = new ArrayList<>();
        for (Writer writer : writers) {
            for (int place = 0; place < admin.places(); place++) {
                Outcome outcome = admin.call(place, "GET", "/api/v1/user?id=" + writer.user, "");
                String name = outcome instanceof Outcome.Done done
                        ? done.json().at("/users/0/name").asString("")
                        : outcome.toString();
                if (!isLate(writer, name)) {
                    lost.add("acknowledged write lost: user " + writer.user + " is \"" + name + "\" through instance "
                            + (place + 1) + ", acknowledged was \"" + writer.name(writer.acknowledged) + "\"");
                }
            }
        }
        return lost;
    }

    private static boolean isLate(Writer writer, String name) {
        for (int number = writer.acknowledged; number <= writer.tried; number++) {
            if (name.equals(writer.name(number))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        stopping = true;
        threads.shutdownNow();
    }
}
