package io.fleetscale.relay.testing;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeakDetectionTest {
    @Test
    void failsAClassThatForgetsABuffer() {
        LeakDetection detection = new LeakDetection();
        detection.reset();
        forgetABuffer();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThatExceptionOfType(AssertionError.class)
                        .isThrownBy(detection::check)
                        .withMessageStartingWith("LEAK:"));
        detection.reset();
    }

    private static void forgetABuffer() {
        ByteBufAllocator.DEFAULT.directBuffer(64).writeLong(1);
    }
}
