package io.fleetscale.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetscale.relay.limits.ConnectionLimits;
import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.limits.ReceiveRate;
import io.fleetscale.relay.limits.RelayTimers;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RelayConfigTest {
    private final BoxKeyPair identity = BoxKeyPair.generate(new SecureRandom());

    @Test
    void defaultsAreThoseOfTheProtocol() {
        RelayConfig config = RelayConfig.withDefaults(identity);
        assertThat(config.validate()).isEmpty();
        assertThat(config.queues()).isEqualTo(new QueueLimits(512, 4 << 20, 64, 256L << 20));
        assertThat(config.receiveRate().isUnlimited()).isTrue();
        assertThat(config.timers().greeting()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.timers().admission()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.timers().keepAlive()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.timers().keepAliveJitter()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.timers().writeProgress()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void reportsAllProblemsAtOnceAndRefusesToStart() {
        RelayConfig config = new RelayConfig(
                identity,
                new ConnectionLimits(0, 1, 0),
                new QueueLimits(29, 1, 0, 0),
                new ReceiveRate(1, 1),
                new RelayTimers(
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ofSeconds(110),
                        Duration.ofSeconds(1),
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ofSeconds(-1)));
        assertThat(config.validate())
                .hasSize(14)
                .anySatisfy(problem -> assertThat(problem).startsWith("connectionsPerKey is 1: must be"));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new DerpRelay(config, (node, source) -> new CompletableFuture<>(), new SimpleMeterRegistry()))
                .withMessageContaining("drainWindow");
    }
}
