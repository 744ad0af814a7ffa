package io.fleetscale.relay.program;

import io.fleetscale.relay.tls.AcmeFiles;
import io.fleetscale.relay.tls.ListenerTls;
import io.fleetscale.relay.tls.RelayCertificate;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.runtime.acme.AcmeCertificates;
import io.fleetscale.runtime.acme.AcmeSettings;
import io.fleetscale.runtime.tls.CertificateFiles;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.runtime.tls.TlsOffer;
import io.fleetscale.wire.key.NodeKey;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where the certificate of the main listener comes from, and what keeps it new. Thread-safe. */
final class RelayTls implements TlsOffer {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(6);
    private static final double SECONDS_PER_DAY = 86_400;

    private final Supplier<Optional<SslContext>> context;
    private final String pin;
    private final @Nullable AcmeCertificates acme;

    private RelayTls(Supplier<Optional<SslContext>> context, String pin, @Nullable AcmeCertificates acme) {
        this.context = context;
        this.pin = pin;
        this.acme = acme;
    }

    /**
     * Reads or makes what the settings ask for, and adds what follows files and orders certificates.
     *
     * @throws IOException also when files cannot be understood; their content is not echoed
     */
    static RelayTls of(
            RelaySettings settings,
            NodeKey relayKey,
            Lifecycle lifecycle,
            Reloads reloads,
            MeterRegistry meters,
            InstantSource clock)
            throws IOException, GeneralSecurityException {
        Path data = settings.dataDirectory();
        return switch (settings.tls()) {
            case OFF -> new RelayTls(Optional::empty, "", null);
            case SELF_SIGNED -> {
                RelayCertificate certificate =
                        RelayCertificate.loadOrCreate(data.resolve("tls"), List.of(settings.hostname()), clock);
                SslContext context = certificate.serverContext(relayKey, clock);
                daysLeft(meters, certificate::leaf, clock);
                yield new RelayTls(() -> Optional.of(context), certificate.pin(), null);
            }
            case FILES -> {
                Path chain = settings.certificate();
                Path key = settings.certificateKey();
                if (chain == null || key == null) {
                    throw new IllegalStateException("checked settings name both files");
                }
                CertificateFiles files = CertificateFiles.read(chain, key);
                ListenerTls tls = ListenerTls.of(files.key(), relayKey, clock);
                reloads.add("TLS certificate", files::reload);
                lifecycle.add("certificate files", files::start, files::close, STOP_LIMIT);
                daysLeft(meters, () -> files.key().key().certificate(), clock);
                yield new RelayTls(() -> Optional.of(tls.context()), "", null);
            }
            case ACME -> {
                RelaySettings.Acme order = settings.acme();
                if (order == null) {
                    throw new IllegalStateException("checked settings say what to order");
                }
                ReloadableKey key = new ReloadableKey(AcmeCertificates.provisional(settings.hostname(), clock));
                ListenerTls tls = ListenerTls.of(key, relayKey, clock);
                AcmeCertificates acme = new AcmeCertificates(
                        new AcmeSettings(
                                order.directory(),
                                order.email(),
                                settings.hostname(),
                                order.byTls(),
                                // this process is the only one that answers
                                Duration.ZERO),
                        new AcmeFiles(data.resolve("acme"), clock),
                        key,
                        clock);
                acme.takeStored();
                daysLeft(meters, () -> key.key().certificate(), clock);
                yield new RelayTls(() -> Optional.of(tls.context()), "", acme);
            }
        };
    }

    /** Begins to order, if anything is ordered: the listeners that the authority comes to are bound by now. */
    void order(Lifecycle lifecycle) {
        if (acme != null) {
            lifecycle.add("ACME certificate", acme::start, acme::close, STOP_LIMIT);
        }
    }

    @Override
    public Optional<SslContext> certificate() {
        return context.get();
    }

    @Override
    public Optional<SslContext> challenge() {
        return acme == null ? Optional.empty() : acme.challengeTls();
    }

    /** What answers a check by HTTP. Does not block: challenges are in memory. */
    Optional<String> authorization(String token) {
        return acme == null ? Optional.empty() : acme.authorization(token);
    }

    /** Whether nodes can trust what the listener presents: not before the first certificate has been ordered. */
    boolean isTrustworthy() {
        return acme == null || acme.isCertified();
    }

    /** Value of {@code CertName} in the DERP map; empty: the certificate is checked against the usual roots. */
    String pin() {
        return pin;
    }

    private static void daysLeft(MeterRegistry meters, Supplier<X509Certificate> certificate, InstantSource clock) {
        Gauge.builder(
                        "fleetscale_relay_certificate_days_left",
                        () -> Duration.between(
                                                clock.instant(),
                                                certificate.get().getNotAfter().toInstant())
                                        .toSeconds()
                                / SECONDS_PER_DAY)
                .register(meters);
    }
}
