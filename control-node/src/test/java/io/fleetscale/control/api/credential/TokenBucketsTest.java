package io.fleetscale.control.api.credential;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenBucketsTest {
    private final AtomicLong nanoTime = new AtomicLong(-5);
    private final TokenBuckets buckets = new TokenBuckets(50, 200, 1_000, nanoTime::get);

    @Test
    void aKeyMayTakeTheWholeBurstAtOnceAndNoMore() {
        assertThat(taken("a", 500)).isEqualTo(200);
        assertThat(taken("b", 500)).isEqualTo(200);
    }

    @Test
    void whatWasTakenComesBackSteadilyUpToTheBurst() {
        taken("a", 500);

        nanoTime.addAndGet(Duration.ofMillis(100).toNanos());
        assertThat(taken("a", 500)).isEqualTo(5);

        nanoTime.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(taken("a", 500)).isEqualTo(200);
    }

    private long taken(String key, int attempts) {
        return IntStream.range(0, attempts).filter(i -> buckets.take(key)).count();
    }
}
