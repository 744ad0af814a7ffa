package io.fleetscale.loadtest.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void growsWithTheSquareUpToThirtySecondsAndStartsAnew() {
        Backoff backoff = new Backoff(new Random(1));
        for (int n = 1; n <= 200; n++) {
            long millis = Math.min(n * n * 10L, 30_000);
            assertThat(backoff.next()).isBetween(Duration.ofMillis(millis / 2), Duration.ofMillis(millis * 3 / 2));
        }
        backoff.reset();
        assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofMillis(15));
    }
}
