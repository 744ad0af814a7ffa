package io.fleetscale.grid;

import static io.fleetscale.grid.Caches.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.fleetscale.grid.CountedCache.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A grid of one instance: every kind of cache, and what a write costs. */
class SingleGridIT {
    private static Grid grid;

    @BeforeAll
    static void start(@TempDir Path work) {
        grid = new Grid(GridConfig.alone("one", "0.1.0", work, Caches.ALL));
        long began = System.nanoTime();
        grid.start();
        System.out.println("latency of a start alone: " + (System.nanoTime() - began) / 1_000_000 + " ms");
    }

    @AfterAll
    static void stop() {
        grid.close();
    }

    @Test
    void keepsTheHighestVersionAndItsTombstone() {
        VersionedCache<Long> nodes = grid.cache(Caches.NODES);
        assertThat(nodes.putIfNewer(1L, Version.of(5), bytes("five"))).isTrue();
        assertThat(nodes.putIfNewer(1L, Version.of(5), bytes("again"))).isFalse();
        assertThat(nodes.putIfNewer(1L, Version.of(4), bytes("four"))).isFalse();
        assertThat(nodes.get(1L).orElseThrow().payload()).isEqualTo(bytes("five"));
        assertThat(nodes.tombstone(1L, Version.of(6))).isTrue();
        assertThat(nodes.putIfNewer(1L, Version.of(6), bytes("late"))).isFalse();
        assertThat(nodes.get(1L)).hasValue(new VersionedCache.Entry<>(1L, Version.of(6), true, ByteString.EMPTY));
        assertThat(nodes.putIfNewer(1L, new Version(1, 0), bytes("high half"))).isTrue();
        assertThat(nodes.putIfNewer(1L, Version.of(-1), bytes("unsigned low half")))
                .isFalse();
    }

    @Test
    void removesOlderVersionsAndTombstones() {
        VersionedCache<String> keys = grid.cache(Caches.KEYS);
        assertThat(keys.putAllIfNewer(List.of(
                        new VersionedCache.Entry<>("a", Version.of(1), false, bytes("a")),
                        new VersionedCache.Entry<>("b", Version.of(2), true, ByteString.EMPTY),
                        new VersionedCache.Entry<>("c", Version.of(3), false, bytes("c")))))
                .isEqualTo(3);
        assertThat(keys.removeTombstonesOlder(Version.of(3))).isEqualTo(1);
        assertThat(keys.entries()).extracting(VersionedCache.Entry::key).containsExactlyInAnyOrder("a", "c");
        assertThat(keys.removeOlder(Version.of(3))).isEqualTo(1);
        assertThat(keys.size()).isEqualTo(1);
        keys.clear();
        assertThat(keys.entries()).isEmpty();
    }

    @Test
    void refusesWritesOfAnEarlierEpoch() {
        EpochCache sessions = grid.cache(Caches.SESSIONS);
        assertThat(sessions.raise(1, 1L << 32, bytes("a"))).isEqualTo(1L << 32);
        assertThat(sessions.raise(1, 1L << 32, bytes("b"))).isEqualTo((1L << 32) + 1);
        assertThat(sessions.update(1, 1L << 32, bytes("late"))).isFalse();
        assertThat(sessions.update(1, (1L << 32) + 1, bytes("c"))).isTrue();
        assertThat(sessions.get(1L)).hasValue(new EpochCache.Entry(1, (1L << 32) + 1, bytes("c")));
        assertThat(sessions.restore(new EpochCache.Entry(1, 7, bytes("old")))).isFalse();
        assertThat(sessions.remove(1, 1L << 32)).isFalse();
        assertThat(sessions.remove(1, (1L << 32) + 1)).isTrue();
        assertThat(sessions.get(1L)).isEmpty();
        assertThat(sessions.restore(new EpochCache.Entry(1, 7, bytes("old")))).isTrue();
    }

    @Test
    void laysFieldsOverStoredOnesUnderTheNextCounter() {
        CountedCache presence = grid.cache(Caches.PRESENCE);
        presence.put(1, 10, Map.of(1, bytes("disco"), 3, bytes("derp")));
        presence.put(1, 10, Map.of(2, bytes("endpoints"), 3, bytes("other derp")));
        Result third = presence.put(1, 11, Map.of(1, ByteString.EMPTY, 9, ByteString.EMPTY));
        CountedCache.Entry expected =
                new CountedCache.Entry(1, 11, 3, new TreeMap<>(Map.of(2, bytes("endpoints"), 3, bytes("other derp"))));
        assertThat(third).isEqualTo(new Result.Written(expected));
        assertThat(presence.get(1L)).hasValue(expected);
        assertThat(presence.put(1, 10, Map.of(2, bytes("late")))).isEqualTo(new Result.Stale(11));
        assertThat(presence.restore(new CountedCache.Entry(1, 11, 3, expected.fields())))
                .isFalse();
        assertThat(presence.restore(new CountedCache.Entry(1, 11, 4, expected.fields())))
                .isTrue();
        assertThat(presence.remove(1)).isTrue();
        assertThat(presence.remove(1)).isFalse();
    }

    @Test
    void endsTransientEntriesAndHandsThemOutOnce() {
        TransientCache pending = grid.cache(Caches.PENDING);
        pending.put("short", bytes("x"), Duration.ofMillis(200));
        pending.put("long", bytes("y"), Duration.ofHours(1));
        assertThat(pending.putIfAbsent("long", bytes("z"), Duration.ofHours(1))).isFalse();
        assertThat(pending.replace("long", bytes("y"), bytes("z"), Duration.ofHours(1)))
                .isTrue();
        assertThat(pending.replace("long", bytes("y"), bytes("w"), Duration.ofHours(1)))
                .isFalse();
        await().atMost(Duration.ofSeconds(5)).until(() -> pending.get("short").isEmpty());
        assertThat(pending.take("long").orElseThrow().payload()).isEqualTo(bytes("z"));
        assertThat(pending.take("long")).isEmpty();
    }

    @Test
    void forgetsContentWhenItsMemoryIsFull() {
        ContentCache compiled = grid.cache(Caches.COMPILED);
        ByteString fragment = ByteString.copyFrom(new byte[256 << 10]);
        int count = 4 * (int) (GridMemory.DEFAULT.contentBytes() / fragment.size());
        for (int i = 0; i < count; i++) {
            compiled.put("digest-" + i, fragment);
        }
        assertThat(compiled.get("digest-" + (count - 1))).isPresent();
        assertThat(compiled.size()).isPositive().isLessThan(count / 2);
        compiled.clear();
    }

    @Test
    void tellsListenersInOrder() {
        CountedCache presence = grid.cache(Caches.PRESENCE);
        presence.put(50, 1, Map.of(1, bytes("before")));
        List<String> heard = new CopyOnWriteArrayList<>();
        try (Subscription _ = presence.listen(new Recorder(heard, 50), true)) {
            await().until(() -> heard.contains("end"));
            for (int i = 2; i <= 500; i++) {
                presence.put(50, 1, Map.of(1, bytes("v" + i)));
            }
            await().until(() -> heard.contains("500"));
            presence.remove(50);
            await().until(() -> heard.contains("removed"));
        }
        assertThat(heard).startsWith("begin", "1", "end").endsWith("500", "removed");
        assertThat(heard.subList(3, heard.size() - 1).stream().map(Integer::parseInt))
                .isSorted();
    }

    @Test
    void restartsInPlaceAndTellsListenersEverythingAnew(@TempDir Path work) {
        try (Grid own = new Grid(GridConfig.alone("restarted", "0.1.0", work, Caches.ALL))) {
            CountedCache presence = own.cache(Caches.PRESENCE);
            assertThatThrownBy(() -> presence.get(1L))
                    .isInstanceOf(GridException.class)
                    .hasMessageContaining("not running");
            List<String> heard = new CopyOnWriteArrayList<>();
            presence.listen(new Recorder(heard, 1), true);
            own.start();
            presence.put(1, 1, Map.of());
            await().until(() -> heard.contains("1"));
            own.restart();
            assertThat(presence.get(1L)).isEmpty();
            await().until(() -> heard.stream().filter("begin"::equals).count() == 2);
            presence.put(1, 1, Map.of());
            await().until(() -> heard.getLast().equals("1"));
        }
    }

    @Test
    void writesCheaply() {
        CountedCache presence = grid.cache(Caches.PRESENCE);
        EpochCache sessions = grid.cache(Caches.SESSIONS);
        VersionedCache<Long> nodes = grid.cache(Caches.NODES);
        ByteString payload = ByteString.copyFrom(new byte[300]);
        long put = medianNanos(i -> presence.put(1000 + i % 500, 1, Map.of(2, payload)));
        long raise = medianNanos(i -> sessions.raise(1000 + i % 500, 1, payload));
        long newer = medianNanos(i -> nodes.putIfNewer(1000 + i % 500, Version.of(i), payload));
        long get = medianNanos(i -> nodes.get(1000 + i % 500));
        System.out.printf(
                "latency of one write alone, median: CountedCache.put %.1f us, EpochCache.raise %.1f us, "
                        + "VersionedCache.putIfNewer %.1f us, get %.1f us%n",
                put / 1e3, raise / 1e3, newer / 1e3, get / 1e3);
        assertThat(List.of(put, raise, newer)).allMatch(nanos -> nanos < 1_000_000);
    }

    private static long medianNanos(LongConsumer operation) {
        int warm = 20_000;
        long[] samples = new long[20_000];
        for (int i = 0; i < warm; i++) {
            operation.accept(i);
        }
        for (int i = 0; i < samples.length; i++) {
            long began = System.nanoTime();
            operation.accept(warm + i);
            samples[i] = System.nanoTime() - began;
        }
        Arrays.sort(samples);
        return samples[samples.length / 2];
    }

    /** Writes down what it hears of one key. */
    private record Recorder(List<String> heard, long key) implements EntryListener<Long, CountedCache.Entry> {
        @Override
        public void changed(CountedCache.Entry entry) {
            if (entry.key() == key) {
                heard.add(Long.toString(entry.counter()));
            }
        }

        @Override
        public void removed(Long removed) {
            if (removed == key) {
                heard.add("removed");
            }
        }

        @Override
        public void resynchronise() {
            heard.add("begin");
        }

        @Override
        public void resynchronised() {
            heard.add("end");
        }
    }
}
