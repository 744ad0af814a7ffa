package io.fleetscale.runtime.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A key manager whose key can be replaced while a listener runs: handshakes that begin afterwards use the new one, connections
 * that are open keep the old one. Thread-safe.
 */
public final class ReloadableKey extends X509ExtendedKeyManager {
    private final List<Follower> followers = new CopyOnWriteArrayList<>();
    private volatile CertifiedKey key;
    private volatile X509ExtendedKeyManager current;

    public ReloadableKey(CertifiedKey key) throws GeneralSecurityException {
        this.key = key;
        this.current = key.keyManager();
    }

    /** Presents the key in another form than this manager does. */
    @FunctionalInterface
    public interface Follower {
        /** @throws GeneralSecurityException if the key cannot be used: the one before stays */
        void replaced(CertifiedKey next) throws GeneralSecurityException;
    }

    /** Has {@code follower} told of each new key before it is taken. */
    public void follow(Follower follower) {
        followers.add(follower);
    }

    /** Takes this key from now on. */
    public void replace(CertifiedKey next) throws GeneralSecurityException {
        X509ExtendedKeyManager manager = next.keyManager();
        for (Follower follower : followers) {
            follower.replaced(next);
        }
        current = manager;
        key = next;
    }

    /** The key that is in use, for whoever watches its end. */
    public CertifiedKey key() {
        return key;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return current.chooseEngineServerAlias(keyType, issuers, engine);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return current.chooseEngineClientAlias(keyType, issuers, engine);
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return current.getClientAliases(keyType, issuers);
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return current.chooseClientAlias(keyType, issuers, socket);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return current.getServerAliases(keyType, issuers);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return current.chooseServerAlias(keyType, issuers, socket);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        return current.getCertificateChain(alias);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        return current.getPrivateKey(alias);
    }
}
