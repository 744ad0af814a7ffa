package io.fleetscale.control.boot;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Days since the key-encryption key was changed, by the time of its file; nothing where there is none. */
record KeyAge(@Nullable Path file, InstantSource clock) implements MeterBinder {
    private static final double SECONDS_PER_DAY = 86_400;

    @Override
    public void bindTo(MeterRegistry registry) {
        Path key = file;
        if (key != null) {
            Gauge.builder("control.key.age.days", () -> days(key))
                    .tag("key", "encryption")
                    .description("Days since the key was made")
                    .register(registry);
        }
    }

    private double days(Path key) {
        try {
            return Duration.between(Files.getLastModifiedTime(key).toInstant(), clock.instant())
                            .toSeconds()
                    / SECONDS_PER_DAY;
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
