package io.fleetscale.relay.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.relay.http.BootstrapNames;
import io.fleetscale.relay.metrics.Counter;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** More connections than the process may have: who says nothing makes room for who speaks. */
class ArrivalsIT {
    private static final int MOST = 20;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Transport transport = Transport.best("relay", 2);
    private final List<TestNode> opened = new ArrayList<>();
    private final DerpRelay relay = new DerpRelay(
            RelayConfig.withDefaults(BoxKeyPair.generate(new SecureRandom())),
            (node, source) -> CompletableFuture.completedFuture(Verdict.ADMITTED),
            new SimpleMeterRegistry());
    private final RelayListener listener = RelayListener.main(
            List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0)),
            transport,
            Optional::empty,
            new ListenerServices(relay, () -> new ClientAddress(List.of()), new Arrivals(MOST)),
            BootstrapNames.NONE);

    @BeforeEach
    void start() throws IOException {
        listener.start();
    }

    @AfterEach
    void stop() throws IOException {
        for (TestNode node : opened) {
            node.close();
        }
        listener.close();
        relay.close();
        transport.close();
    }

    @Test
    void theOldestThatSaysNothingMakesRoom() throws IOException {
        TestNode before = node();
        List<TestNode> silent = new ArrayList<>();
        for (int i = 0; i < 3 * MOST; i++) {
            silent.add(connected());
        }
        TestNode late = node();
        late.send(before.key(), "hello");
        assertThat(before.next().text()).isEqualTo("hello");
        assertThat(silent.getFirst().isClosedByRelay()).isTrue();
        before.send(late.key(), "still here");
        assertThat(late.next().text()).isEqualTo("still here");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(relay.count(Counter.MADE_ROOM)).isGreaterThanOrEqualTo(2 * MOST));
        assertThat(relay.connections()).isEqualTo(2);
    }

    @Test
    void someFilesAreKeptWhateverTheLimitIs() {
        assertThat(Arrivals.most(1_024)).isEqualTo(512);
        assertThat(Arrivals.most(20_000)).isEqualTo(19_000);
        assertThat(Arrivals.most(1L << 30)).isEqualTo(1_000_000);
        assertThat(Arrivals.most(Long.MAX_VALUE)).isEqualTo(1_000_000);
    }

    @Test
    void sessionsAreNeverEndedForOthers() throws IOException {
        List<TestNode> nodes = new ArrayList<>();
        for (int i = 0; i < MOST; i++) {
            nodes.add(node());
        }
        assertThat(connected().isClosedByRelay()).isTrue();
        for (TestNode node : nodes) {
            node.send(nodes.getFirst().key(), "x");
            assertThat(nodes.getFirst().next().text()).isEqualTo("x");
        }
        nodes.getLast().leave();
        await().atMost(LIMIT).until(() -> relay.connections() == MOST - 1);
        await().atMost(LIMIT).ignoreExceptions().untilAsserted(() -> {
            TestNode next = node();
            next.send(next.key(), "room again");
            assertThat(next.next().text()).isEqualTo("room again");
        });
    }

    private TestNode node() throws IOException {
        return connected().join();
    }

    private TestNode connected() throws IOException {
        TestNode node = TestNode.plain(listener.addresses().getFirst());
        opened.add(node);
        return node;
    }
}
