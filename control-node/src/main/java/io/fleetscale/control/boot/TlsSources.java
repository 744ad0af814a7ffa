package io.fleetscale.control.boot;

import io.fleetscale.config.AcmeConfig;
import io.fleetscale.config.ListenAddress;
import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.acme.JdbcAcmeStore;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.runtime.acme.AcmeCertificates;
import io.fleetscale.runtime.acme.AcmeSettings;
import io.fleetscale.runtime.acme.ChallengeListener;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.runtime.tls.CertificateFiles;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.runtime.tls.TlsOffer;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the listeners' certificates new: from files that are followed, or from an ACME server. */
final class TlsSources {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);
    private static final ListenAddress HTTP = new ListenAddress("", 80);

    private TlsSources() {}

    /** @return what orders certificates, if anything does */
    static @Nullable AcmeCertificates start(
            Lifecycle lifecycle,
            ServerConfig config,
            ListenerCertificates certificates,
            Reloads reloads,
            Storage storage,
            Transport transport,
            InstantSource clock,
            SecureRandom random)
            throws Exception {
        CertificateFiles files = certificates.files();
        if (files != null) {
            reloads.add("TLS certificate", files::reload);
            lifecycle.add("certificate files", files::start, files::close, STOP_LIMIT);
        }
        ReloadableKey key = certificates.acmeKey();
        if (key == null) {
            return null;
        }
        AcmeConfig acme = config.tls().acme();
        AcmeCertificates orders = new AcmeCertificates(
                new AcmeSettings(
                        acme.url().isEmpty() ? AcmeSettings.DEFAULT_DIRECTORY : URI.create(acme.url()),
                        acme.email(),
                        acme.hostname(),
                        acme.challengeType() == AcmeConfig.ChallengeType.TLS_ALPN_01,
                        AcmeSettings.PROPAGATION),
                new JdbcAcmeStore(
                        storage.database(), Sealer.derive(storage.keys().secretMac(), "acme", random), clock),
                key,
                clock);
        if (acme.challengeType() == AcmeConfig.ChallengeType.HTTP_01) {
            ListenAddress listen = acme.listen();
            ChallengeListener listener = new ChallengeListener(
                    (listen == null ? HTTP : listen).toSocketAddress(),
                    transport,
                    config.listen().serverUrlBase(),
                    orders::authorization);
            lifecycle.add("ACME challenges", listener::start, listener::close, STOP_LIMIT);
        }
        lifecycle.add("ACME certificates", orders::start, orders::close, STOP_LIMIT);
        return orders;
    }

    static TlsOffer offer(Optional<SslContext> certificate, @Nullable AcmeCertificates acme) {
        if (acme == null) {
            return () -> certificate;
        }
        return new TlsOffer() {
            @Override
            public Optional<SslContext> certificate() {
                return certificate;
            }

            @Override
            public Optional<SslContext> challenge() {
                return acme.challengeTls();
            }
        };
    }
}
