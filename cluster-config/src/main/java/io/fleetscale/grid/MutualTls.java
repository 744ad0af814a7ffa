package io.fleetscale.grid;

import io.fleetscale.runtime.tls.CertifiedKey;
import io.fleetscale.runtime.tls.PemFiles;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import org.apache.ignite.ssl.AbstractSslContextFactory;

/** TLS 1.3 for Ignite out of PEM files; Ignite itself asks for the other side's certificate. */
final class MutualTls extends AbstractSslContextFactory {
    private static final long serialVersionUID = 1L;

    private final transient GridTls files;

    MutualTls(GridTls files) {
        this.files = files;
        setProtocol("TLSv1.3");
        setProtocols("TLSv1.3");
    }

    @Override
    protected void checkParameters() {}

    @Override
    protected KeyManager[] createKeyManagers() throws SSLException {
        try {
            CertifiedKey key = PemFiles.readCertifiedKey(files.certificateChain(), files.privateKey());
            return new KeyManager[] {key.keyManager()};
        } catch (IOException | GeneralSecurityException e) {
            throw new SSLException("grid certificate " + files.certificateChain() + ": " + e.getMessage(), e);
        }
    }

    @Override
    protected TrustManager[] createTrustManagers() throws SSLException {
        try {
            List<X509Certificate> trusted = PemFiles.readCertificates(files.trustedCertificates());
            return PemFiles.trustManagers(trusted);
        } catch (IOException | GeneralSecurityException e) {
            throw new SSLException("grid authority " + files.trustedCertificates() + ": " + e.getMessage(), e);
        }
    }
}
