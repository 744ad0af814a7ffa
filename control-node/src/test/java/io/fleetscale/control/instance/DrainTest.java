package io.fleetscale.control.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.control.tailnet.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DrainTest {
    /** Sessions whose clients go when they are sent away. */
    private static final class Clients implements Drain.Sessions {
        private final ConcurrentSkipListSet<Long> here = new ConcurrentSkipListSet<>();
        private volatile boolean moves;

        Clients(int count) {
            LongStream.rangeClosed(1, count).forEach(here::add);
        }

        @Override
        public List<NodeId> nodes() {
            return here.stream().map(NodeId::new).toList();
        }

        @Override
        public void sendAway(NodeId node) {
            here.remove(node.value());
        }

        @Override
        public void expectMoves(boolean expected) {
            moves = expected;
        }
    }

    @Test
    void waitsForBalancersThenSendsEverybodyAway() throws InterruptedException {
        Clients clients = new Clients(50);
        Drain drain = new Drain(clients, () -> false, new Random(7));
        drain.start(1000);
        assertThat(drain.isDraining()).isTrue();
        assertThat(clients.moves).isTrue();
        assertThat(clients.here).hasSize(50);
        assertThat(drain.await(Duration.ofSeconds(20))).isTrue();
        assertThat(clients.here).isEmpty();
        assertThat(drain.isDraining()).isTrue();
    }

    @Test
    void waitsWhileAnotherInstanceTakesOverEntries() throws InterruptedException {
        Clients clients = new Clients(1);
        AtomicBoolean rebalancing = new AtomicBoolean(true);
        Drain drain = new Drain(clients, rebalancing::get, new Random(7));
        drain.start(1000);
        assertThat(drain.await(Drain.HEALTH_INTERVAL.plusMillis(300))).isFalse();
        assertThat(clients.here).hasSize(1);
        rebalancing.set(false);
        await().untilAsserted(() -> assertThat(clients.here).isEmpty());
    }

    @Test
    void canBeTakenBack() {
        Clients clients = new Clients(10);
        Drain drain = new Drain(clients, () -> false, new Random(7));
        drain.start(1);
        drain.cancel();
        assertThat(drain.isDraining()).isFalse();
        assertThat(clients.moves).isFalse();
        assertThat(clients.here).hasSize(10);
    }

    @Test
    void aRebalanceKeepsTheShare() throws InterruptedException {
        Clients clients = new Clients(30);
        new Drain(clients, () -> false, new Random(7)).shed(25);
        assertThat(clients.here).hasSize(25);
    }
}
