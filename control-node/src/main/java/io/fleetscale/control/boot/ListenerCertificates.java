package io.fleetscale.control.boot;

import io.fleetscale.config.TlsConfig;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import io.fleetscale.runtime.tls.CertificateFiles;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.runtime.tls.ServerTls;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The TLS of the main listener and of gRPC over TCP.
 *
 * @param control offering http/1.1, and h2 for gRPC clients that have to be told where to go; null: plain HTTP, and TLS with the relay's own certificate
 * @param grpc offering h2; null: only plaintext, if the configuration allows it
 * @param files what they come from, if from files
 */
record ListenerCertificates(
        @Nullable SslContext control,
        @Nullable SslContext grpc,
        @Nullable CertificateFiles files) {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    /** None for the main listener. */
    static ListenerCertificates grpcOnly(@Nullable SslContext grpc) {
        return new ListenerCertificates(null, grpc, null);
    }

    static ListenerCertificates of(TlsConfig tls) throws IOException, GeneralSecurityException {
        Path certificate = tls.certPath();
        Path privateKey = tls.keyPath();
        if (certificate == null || privateKey == null) {
            return grpcOnly(null);
        }
        CertificateFiles files = CertificateFiles.read(certificate, privateKey);
        return new ListenerCertificates(main(files.key()), grpc(files.key()), files);
    }

    /** Follows the files from the next start of the lifecycle. */
    void follow(Lifecycle lifecycle, Reloads reloads) {
        if (files != null) {
            reloads.add("TLS certificate", files::reload);
            lifecycle.add("certificate files", files::start, files::close, STOP_LIMIT);
        }
    }

    private static SslContext main(ReloadableKey key) throws IOException {
        return ServerTls.context(key, List.of("http/1.1", "h2"));
    }

    private static SslContext grpc(ReloadableKey key) throws IOException {
        return ServerTls.context(key, List.of("h2"));
    }
}
