package io.fleetscale.control.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.fleetscale.config.ClusterConfig;
import io.fleetscale.runtime.tls.CertificateAuthority;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateMetersTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T00:00:00Z"));

    @TempDir
    Path directory;

    private static double daysLeft(MeterRegistry registry, String certificate) {
        return registry.get("control.certificate.days.left")
                .tag("certificate", certificate)
                .gauge()
                .value();
    }

    @Test
    void daysOfTheGridsCertificates() throws Exception {
        CertificateAuthority.in(directory, CLOCK).issueFiles(directory, "control-1", List.of("control-1"));
        MeterRegistry registry = new SimpleMeterRegistry();
        ClusterConfig.Tls grid = new ClusterConfig.Tls(
                directory.resolve("control-1.crt"),
                directory.resolve("control-1.key"),
                directory.resolve(CertificateAuthority.CERTIFICATE_FILE));
        CertificateMeters.of(grid, ListenerCertificates.grpcOnly(null), CLOCK).bindTo(registry);
        assertThat(daysLeft(registry, "grid")).isCloseTo(397, within(1.0));
        assertThat(daysLeft(registry, "grid-authority")).isCloseTo(3650, within(1.0));
    }

    @Test
    void nothingWithoutCertificates() throws Exception {
        MeterRegistry registry = new SimpleMeterRegistry();
        CertificateMeters.of(ClusterConfig.defaults().tls(), ListenerCertificates.grpcOnly(null), CLOCK)
                .bindTo(registry);
        assertThat(registry.getMeters()).isEmpty();
    }
}
