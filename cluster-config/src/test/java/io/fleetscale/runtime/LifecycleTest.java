package io.fleetscale.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.runtime.Lifecycle.End;
import io.fleetscale.runtime.StopSignals.StopSignal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LifecycleTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final List<String> done = new CopyOnWriteArrayList<>();
    private final Lifecycle lifecycle = new Lifecycle();

    @Test
    void stopsInTheOppositeOrderOfStarting() throws Exception {
        part("a").part("b");
        lifecycle.start();
        assertThat(lifecycle.stop()).isEqualTo(End.CLEAN);
        assertThat(lifecycle.stop()).isEqualTo(End.CLEAN);
        assertThat(done).containsExactly("start a", "start b", "stop b", "stop a");
    }

    @Test
    void failedStartStopsWhatHadStarted() {
        part("a");
        lifecycle.add(
                "bad",
                () -> {
                    throw new IOException("port taken");
                },
                () -> done.add("stop bad"),
                LIMIT);
        part("c");
        assertThatThrownBy(lifecycle::start).isInstanceOf(IOException.class).hasMessage("port taken");
        assertThat(done).containsExactly("start a", "stop a");
    }

    @Test
    void partThatDoesNotStopIsPassedOver() throws Exception {
        part("a");
        CountDownLatch never = new CountDownLatch(1);
        lifecycle.add("stuck", () -> {}, never::await, Duration.ofMillis(50));
        lifecycle.add(
                "failing",
                () -> {},
                () -> {
                    throw new IOException("gone");
                },
                LIMIT);
        lifecycle.start();
        assertThat(lifecycle.stop()).isEqualTo(End.UNCLEAN);
        assertThat(done).containsExactly("start a", "stop a");
    }

    @Test
    void secondSignalHalts() throws Exception {
        List<Integer> halted = new CopyOnWriteArrayList<>();
        StopSignals signals = new StopSignals(lifecycle, halted::add);
        assertThat(lifecycle.isStopRequested()).isFalse();
        signals.receive(StopSignal.TERM);
        assertThat(lifecycle.awaitStopRequest()).isEqualTo("SIGTERM");
        assertThat(halted).isEmpty();
        signals.receive(StopSignal.INT);
        assertThat(halted).containsExactly(130);
    }

    private LifecycleTest part(String name) {
        lifecycle.add(name, () -> done.add("start " + name), () -> done.add("stop " + name), LIMIT);
        return this;
    }
}
