package io.fleetscale.runtime.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * A private key and the certificates that speak for it.
 *
 * @param chain the key's own certificate first, then its issuers; never empty
 */
public record CertifiedKey(PrivateKey privateKey, List<X509Certificate> chain) {
    private static final char[] NO_PASSWORD = new char[0];

    public CertifiedKey {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("certificate chain: is empty");
        }
    }

    public X509Certificate certificate() {
        return chain.getFirst();
    }

    public PublicKey publicKey() {
        return certificate().getPublicKey();
    }

    /** A key manager that always offers this key. */
    public X509ExtendedKeyManager keyManager() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("key", privateKey, NO_PASSWORD, chain.toArray(Certificate[]::new));
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, NO_PASSWORD);
            for (KeyManager manager : factory.getKeyManagers()) {
                if (manager instanceof X509ExtendedKeyManager extended) {
                    return extended;
                }
            }
        } catch (IOException e) {
            throw new GeneralSecurityException("key store could not be made", e);
        }
        throw new GeneralSecurityException("this JDK has no X.509 key manager");
    }

    /** Names the certificate, never the key. */
    @Override
    public String toString() {
        return "CertifiedKey[" + certificate().getSubjectX500Principal() + ", serial "
                + certificate().getSerialNumber().toString(16) + "]";
    }
}
