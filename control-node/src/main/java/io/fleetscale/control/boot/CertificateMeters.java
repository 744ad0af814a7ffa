package io.fleetscale.control.boot;

import io.fleetscale.config.ClusterConfig;
import io.fleetscale.runtime.tls.PemFiles;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Days until certificates end. Those of the grid are what it uses: the files as they were when this instance started. */
final class CertificateMeters implements MeterBinder {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateMeters.class);
    private static final Duration WARNING = Duration.ofDays(30);
    private static final double SECONDS_PER_DAY = 86_400;

    private final Map<String, Supplier<Instant>> ends = new LinkedHashMap<>();
    private final InstantSource clock;

    private CertificateMeters(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Reads the files of the grid.
     *
     * @throws IOException when one cannot be read or is not PEM
     * @throws GeneralSecurityException when one holds no certificate
     */
    static CertificateMeters of(ClusterConfig.Tls grid, ListenerCertificates listeners, InstantSource clock)
            throws IOException, GeneralSecurityException {
        CertificateMeters meters = new CertificateMeters(clock);
        meters.addFile("grid", grid.certPath());
        meters.addFile("grid-authority", grid.caPath());
        ReloadableKey key = listeners.files() == null
                ? listeners.acmeKey()
                : listeners.files().key();
        if (key != null) {
            meters.ends.put(
                    "listener", () -> key.key().certificate().getNotAfter().toInstant());
        }
        meters.warn();
        return meters;
    }

    /** Of several, as while an authority is changed, the one that ends first counts. */
    private void addFile(String name, @Nullable Path file) throws IOException, GeneralSecurityException {
        if (file != null) {
            Instant end = PemFiles.readCertificates(file).stream()
                    .map(X509Certificate::getNotAfter)
                    .min(Comparator.naturalOrder())
                    .orElseThrow(() -> new GeneralSecurityException(file + ": holds no certificate"))
                    .toInstant();
            ends.put(name, () -> end);
        }
    }

    private void warn() {
        ends.forEach((name, end) -> {
            if (end.get().isBefore(clock.instant().plus(WARNING))) {
                LOG.atWarn()
                        .addKeyValue("certificate", name)
                        .addKeyValue("until", end.get())
                        .log("a certificate ends soon: renew it");
            }
        });
    }

    private double daysLeft(Supplier<Instant> end) {
        return Duration.between(clock.instant(), end.get()).toSeconds() / SECONDS_PER_DAY;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        ends.forEach((name, end) -> Gauge.builder("control.certificate.days.left", () -> daysLeft(end))
                .tag("certificate", name)
                .description("Days until the certificate ends")
                .register(registry));
    }
}
