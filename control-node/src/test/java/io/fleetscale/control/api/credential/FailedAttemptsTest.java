package io.fleetscale.control.api.credential;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FailedAttemptsTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final FailedAttempts attempts = new FailedAttempts(nanos::get);

    @Test
    void fiftyInAMinuteThenAsTheyRefill() {
        for (int i = 0; i < FailedAttempts.PER_MINUTE; i++) {
            assertThat(attempts.record("192.0.2.1")).isTrue();
        }
        assertThat(attempts.record("192.0.2.1")).isFalse();
        assertThat(attempts.record("192.0.2.2")).isTrue();
        nanos.addAndGet(Duration.ofMillis(1250).toNanos());
        assertThat(attempts.record("192.0.2.1")).isTrue();
        assertThat(attempts.record("192.0.2.1")).isFalse();
    }

    @Test
    void ipv6CountsByItsNetwork() {
        for (int i = 0; i < FailedAttempts.PER_MINUTE; i++) {
            assertThat(attempts.record("2001:db8::" + Integer.toHexString(i))).isTrue();
        }
        assertThat(attempts.record("2001:db8::ffff")).isFalse();
        assertThat(attempts.record("2001:db8:0:1::1")).isTrue();
    }
}
