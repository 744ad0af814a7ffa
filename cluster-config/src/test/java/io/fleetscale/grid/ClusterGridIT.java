package io.fleetscale.grid;

import static io.fleetscale.grid.Caches.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.fleetscale.grid.CountedCache.Result;
import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.runtime.tls.CertificateAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Three instances in one JVM, over mutual TLS on loopback. The tests run in order, over one grid. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterGridIT {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    @TempDir
    private static Path work;

    private static List<Integer> ports = List.of();
    private static List<String> addresses = List.of();
    private static final List<Grid> grids = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        ports = IntStream.of(FreePorts.tcp(InetAddress.getLoopbackAddress(), 8))
                .boxed()
                .toList();
        addresses =
                ports.subList(0, 4).stream().map(port -> "127.0.0.1:" + port).toList();
        grids.add(started("a", 0, "1.4.0", "grid"));
        grids.add(started("b", 1, "1.4.2", "grid"));
    }

    @AfterAll
    static void stop() {
        grids.reversed().forEach(Grid::close);
    }

    @Test
    @Order(1)
    void lateJoinerSeesEverythingAtOnce() throws Exception {
        for (long key = 0; key < 2000; key++) {
            grids.getFirst().cache(Caches.NODES).putIfNewer(key, Version.of(1), bytes("node " + key));
        }
        List<Membership> seen = new ArrayList<>();
        try (Subscription _ = grids.get(1).onMembership(seen::add)) {
            Grid late = started("c", 2, "1.5.0-SNAPSHOT", "grid");
            grids.add(late);
            assertThat(late.cache(Caches.NODES).size()).isEqualTo(2000);
            assertThat(late.cache(Caches.NODES).get(1999L).orElseThrow().payload())
                    .isEqualTo(bytes("node 1999"));
            assertThat(late.rebalance().self()).isFalse();
            await().atMost(PATIENCE).until(() -> !seen.isEmpty());
        }
        assertThat(seen.getLast().members()).extracting(Member::instance).containsExactly("a", "b", "c");
        assertThat(seen.getLast().members())
                .extracting(Member::programVersion)
                .containsExactly("1.4.0", "1.4.2", "1.5.0-SNAPSHOT");
        await().atMost(PATIENCE).until(() -> !grids.getFirst().rebalance().anyone());
    }

    @Test
    @Order(2)
    void refusesAnInstanceOfAnotherRelease() {
        assertThatThrownBy(() -> started("d", 3, "1.6.0", "grid"))
                .isInstanceOf(GridException.class)
                .hasMessageContaining("1.6.0")
                .hasMessageContaining("one minor release apart");
        assertThat(grids.getFirst().membership().members()).hasSize(3);
    }

    @Test
    @Order(3)
    void highestVersionWinsWhoeverWritesIt() throws Exception {
        List<Integer> versions = new ArrayList<>(
                LongStream.rangeClosed(1, 60).boxed().map(Long::intValue).toList());
        Collections.shuffle(versions, new Random(7));
        together(3, writer -> {
            for (int version : versions) {
                if (version % 3 == writer) {
                    grids.get(writer).cache(Caches.KEYS).putIfNewer("k", Version.of(version), bytes("v" + version));
                }
            }
        });
        assertThat(grids.get(1).cache(Caches.KEYS).tombstone("k", Version.of(59)))
                .isFalse();
        for (Grid grid : grids) {
            await().atMost(PATIENCE)
                    .until(() -> grid.cache(Caches.KEYS)
                            .get("k")
                            .orElseThrow()
                            .payload()
                            .equals(bytes("v60")));
        }
        assertThat(grids.get(2).cache(Caches.KEYS).tombstone("k", Version.of(61)))
                .isTrue();
        await().atMost(PATIENCE)
                .until(() -> grids.getFirst()
                        .cache(Caches.KEYS)
                        .get("k")
                        .orElseThrow()
                        .tombstone());
    }

    @Test
    @Order(4)
    void everyRaisedEpochIsHandedOutOnce() throws Exception {
        Set<Long> epochs = ConcurrentHashMap.newKeySet();
        together(6, writer -> {
            EpochCache sessions = grids.get(writer % 3).cache(Caches.SESSIONS);
            for (int i = 0; i < 100; i++) {
                assertThat(epochs.add(sessions.raise(7, 1000, bytes("writer " + writer))))
                        .isTrue();
            }
        });
        assertThat(epochs).hasSize(600).contains(1000L, 1599L);
        for (Grid grid : grids) {
            assertThat(grid.cache(Caches.SESSIONS).get(7L).orElseThrow().epoch())
                    .isEqualTo(1599);
        }
    }

    @Test
    @Order(5)
    void partialWritesOfSeveralInstancesNeverUndoEachOther() throws Exception {
        Set<Long> counters = ConcurrentHashMap.newKeySet();
        together(3, writer -> {
            CountedCache presence = grids.get(writer).cache(Caches.PRESENCE);
            for (int i = 1; i <= 100; i++) {
                Result result = presence.put(9, 5, Map.of(writer + 1, bytes("w" + writer + " " + i)));
                assertThat(result).isInstanceOf(Result.Written.class);
                counters.add(((Result.Written) result).entry().counter());
            }
        });
        assertThat(counters).hasSize(300).contains(1L, 300L);
        for (Grid grid : grids) {
            await().atMost(PATIENCE).untilAsserted(() -> {
                CountedCache.Entry entry = grid.cache(Caches.PRESENCE).get(9L).orElseThrow();
                assertThat(entry.counter()).isEqualTo(300);
                assertThat(entry.fields())
                        .isEqualTo(Map.of(1, bytes("w0 100"), 2, bytes("w1 100"), 3, bytes("w2 100")));
            });
        }
    }

    @Test
    @Order(6)
    void listenersOnEveryInstanceMoveForwardToTheLastWrite() throws Exception {
        List<ConcurrentLinkedQueue<Long>> heard = new ArrayList<>();
        List<Subscription> subscriptions = new ArrayList<>();
        for (Grid grid : grids) {
            ConcurrentLinkedQueue<Long> own = new ConcurrentLinkedQueue<>();
            heard.add(own);
            subscriptions.add(grid.cache(Caches.PRESENCE).listen(new Counters(own, 11), false));
        }
        together(3, writer -> {
            for (int i = 0; i < 200; i++) {
                grids.get(writer).cache(Caches.PRESENCE).put(11, 1, Map.of(1, bytes("x")));
            }
        });
        for (ConcurrentLinkedQueue<Long> own : heard) {
            await().atMost(PATIENCE).until(() -> own.contains(600L));
            assertThat(List.copyOf(own)).isSorted();
        }
        subscriptions.forEach(Subscription::close);
    }

    @Test
    @Order(7)
    void transientEntryIsTakenByOneInstanceOnly() throws Exception {
        grids.getFirst().cache(Caches.PENDING).put("login", bytes("state"), Duration.ofMinutes(5));
        Set<Integer> takers = ConcurrentHashMap.newKeySet();
        together(3, writer -> {
            if (grids.get(writer).cache(Caches.PENDING).take("login").isPresent()) {
                takers.add(writer);
            }
        });
        assertThat(takers).hasSize(1);
    }

    @Test
    @Order(8)
    void restartedInstanceHasEverythingAgain() {
        Grid restarted = grids.get(1);
        ConcurrentLinkedQueue<Long> heard = new ConcurrentLinkedQueue<>();
        try (Subscription _ = restarted.cache(Caches.PRESENCE).listen(new Counters(heard, 9), false)) {
            long began = System.nanoTime();
            restarted.restart();
            System.out.println("latency of a restart in place: " + (System.nanoTime() - began) / 1_000_000 + " ms");
            assertThat(restarted.cache(Caches.NODES).size()).isEqualTo(2000);
            await().atMost(PATIENCE).until(() -> heard.contains(300L));
            grids.getFirst().cache(Caches.PRESENCE).put(9, 5, Map.of(1, bytes("after")));
            await().atMost(PATIENCE).until(() -> heard.contains(301L));
        }
        assertThat(restarted.membership().members())
                .extracting(Member::instance)
                .containsExactly("a", "c", "b");
    }

    @Test
    @Order(9)
    void writesAreCheapEnoughForEachPresenceChange() {
        CountedCache presence = grids.get(2).cache(Caches.PRESENCE);
        ByteString payload = ByteString.copyFrom(new byte[300]);
        long[] samples = new long[3000];
        for (int i = 0; i < samples.length; i++) {
            long began = System.nanoTime();
            presence.put(5000 + i % 500, 1, Map.of(2, payload));
            samples[i] = System.nanoTime() - began;
        }
        Arrays.sort(samples);
        System.out.printf(
                "latency of CountedCache.put among three: median %.0f us, p99 %.0f us%n",
                samples[1500] / 1e3, samples[2970] / 1e3);
        assertThat(samples[1500]).isLessThan(50_000_000);
    }

    @Test
    @Tag("full")
    @Order(10)
    void strangerWithAnotherAuthorityIsRefused() {
        assertThatThrownBy(() -> started("stranger", 3, "1.4.0", "another"))
                .isInstanceOf(GridException.class)
                .hasMessageContaining("certification path");
        assertThat(grids.getFirst().membership().contains("stranger")).isFalse();
    }

    private static Grid started(String instance, int place, String version, String authority)
            throws IOException, GeneralSecurityException {
        Path directory = work.resolve("tls-" + authority);
        CertificateAuthority.in(directory, InstantSource.system())
                .issueFiles(directory, instance, List.of("127.0.0.1"));
        GridTls tls = new GridTls(
                directory.resolve(instance + ".crt"),
                directory.resolve(instance + ".key"),
                directory.resolve(CertificateAuthority.CERTIFICATE_FILE));
        GridConfig config = new GridConfig(
                instance,
                version,
                work.resolve(instance),
                "127.0.0.1",
                ports.get(4 + place),
                ports.get(place),
                new Discovery.Addresses(addresses),
                GridConfig.DEFAULT_JOIN_TIMEOUT,
                Optional.of(tls),
                GridMemory.DEFAULT,
                GridConfig.DEFAULT_CONTENT_TIME_TO_LIVE,
                Caches.ALL);
        Grid grid = new Grid(config);
        try {
            grid.start();
            return grid;
        } catch (GridException e) {
            grid.close();
            throw e;
        }
    }

    /** Runs writers at once and fails with the first that fails. */
    private static void together(int count, Writer writer) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                running.add(threads.submit(() -> writer.write(number)));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
    }

    private interface Writer {
        void write(int number);
    }

    /** Writes down the counters of one key. */
    private record Counters(ConcurrentLinkedQueue<Long> heard, long key)
            implements EntryListener<Long, CountedCache.Entry> {
        @Override
        public void changed(CountedCache.Entry entry) {
            if (entry.key() == key) {
                heard.add(entry.counter());
            }
        }

        @Override
        public void removed(Long removed) {}

        @Override
        public void resynchronise() {}
    }
}
