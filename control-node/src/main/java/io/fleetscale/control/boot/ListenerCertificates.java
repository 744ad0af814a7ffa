package io.fleetscale.control.boot;

import io.fleetscale.config.ClusterConfig;
import io.fleetscale.config.TlsConfig;
import io.fleetscale.runtime.acme.AcmeCertificates;
import io.fleetscale.runtime.tls.CertificateFiles;
import io.fleetscale.runtime.tls.PemFiles;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.runtime.tls.ServerTls;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The TLS of the main listener and of gRPC over TCP.
 *
 * @param control offering http/1.1, and h2 for gRPC clients that have to be told where to go; null: plain HTTP, and TLS with the relay's own certificate
 * @param grpc offering h2; null: only plaintext, if the configuration allows it
 * @param files what they come from, if from files
 * @param acmeKey what ACME replaces, if they come from there
 */
record ListenerCertificates(
        @Nullable SslContext control,
        @Nullable SslContext grpc,
        @Nullable CertificateFiles files,
        @Nullable ReloadableKey acmeKey) {

    /** Whether clients of the main listener see the relay's own certificate: not where a proxy speaks TLS for it. */
    boolean showRelayCertificate(boolean serverUrlSecure) {
        return control == null && !serverUrlSecure;
    }

    /** None for the main listener. */
    static ListenerCertificates grpcOnly(@Nullable SslContext grpc) {
        return new ListenerCertificates(null, grpc, null, null);
    }

    /** Those of the configuration; gRPC without one shows the certificate that the cluster's authority issued. */
    static ListenerCertificates of(TlsConfig tls, ClusterConfig.Tls cluster, InstantSource clock)
            throws IOException, GeneralSecurityException {
        Path certificate = tls.certPath();
        Path privateKey = tls.keyPath();
        if (tls.acme().isEnabled()) {
            ReloadableKey key =
                    new ReloadableKey(AcmeCertificates.provisional(tls.acme().hostname(), clock));
            return new ListenerCertificates(main(key), grpc(key), null, key);
        }
        if (certificate == null || privateKey == null) {
            Path member = cluster.certPath();
            Path memberKey = cluster.keyPath();
            return grpcOnly(
                    member == null || memberKey == null
                            ? null
                            : grpc(new ReloadableKey(PemFiles.readCertifiedKey(member, memberKey))));
        }
        CertificateFiles files = CertificateFiles.read(certificate, privateKey);
        return new ListenerCertificates(main(files.key()), grpc(files.key()), files, null);
    }

    private static SslContext main(ReloadableKey key) throws IOException {
        return ServerTls.context(key, List.of("http/1.1", "h2"));
    }

    private static SslContext grpc(ReloadableKey key) throws IOException {
        return ServerTls.context(key, List.of("h2"));
    }
}
