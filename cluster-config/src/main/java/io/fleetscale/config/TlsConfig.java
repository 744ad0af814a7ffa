package io.fleetscale.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS of the control listener and the gRPC listener.
 *
 * @param certPath the certificate chain in PEM; null without TLS from files
 * @param keyPath its private key in PEM
 * @param acme what is needed to get certificates by ACME
 */
public record TlsConfig(@Nullable Path certPath, @Nullable Path keyPath, AcmeConfig acme) {
    private static final TlsConfig DEFAULTS = new TlsConfig(null, null, AcmeConfig.defaults());

    public static TlsConfig defaults() {
        return DEFAULTS;
    }

    public TlsConfig withFiles(Path certPath, Path keyPath) {
        return new TlsConfig(certPath, keyPath, acme);
    }

    /** Whether the control listener speaks TLS with a certificate from files. */
    public boolean hasFiles() {
        return certPath != null && keyPath != null;
    }

    static TlsConfig read(Settings in) {
        return new TlsConfig(
                in.path("tls_cert_path", DEFAULTS.certPath),
                in.path("tls_key_path", DEFAULTS.keyPath),
                AcmeConfig.read(in));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>(acme.validate());
        if (acme.isEnabled() && (certPath != null || keyPath != null)) {
            problems.add(ConfigProblem.error(
                    "tls_letsencrypt_hostname",
                    acme.hostname(),
                    "stands beside tls_cert_path or tls_key_path",
                    "set either tls_letsencrypt_hostname or tls_cert_path and tls_key_path, not both"));
        }
        if (certPath != null && keyPath == null) {
            problems.add(ConfigProblem.error(
                    "tls_key_path",
                    null,
                    "is missing while tls_cert_path is set",
                    "write the path of the private key"));
        }
        if (certPath == null && keyPath != null) {
            problems.add(ConfigProblem.error(
                    "tls_cert_path",
                    null,
                    "is missing while tls_key_path is set",
                    "write the path of the certificate"));
        }
        return problems;
    }
}
