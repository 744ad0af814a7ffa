package io.fleetscale.relay.tls;

import io.fleetscale.runtime.tls.CertifiedKey;
import io.fleetscale.runtime.tls.ReloadableKey;
import io.fleetscale.wire.key.NodeKey;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.InstantSource;

/**
 * The TLS of a relay's listener when its certificate can be replaced: handshakes that begin afterwards present the new one,
 * connections that are open go on. Thread-safe.
 */
public final class ListenerTls {
    private final NodeKey relayKey;
    private final InstantSource clock;
    private volatile SslContext context;

    private ListenerTls(NodeKey relayKey, InstantSource clock, SslContext context) {
        this.relayKey = relayKey;
        this.clock = clock;
        this.context = context;
    }

    /**
     * Presents {@code key}, now and whenever it is replaced, with the relay's meta certificate behind it.
     *
     * @throws IOException if the TLS library refuses the key
     */
    public static ListenerTls of(ReloadableKey key, NodeKey relayKey, InstantSource clock) throws IOException {
        ListenerTls tls = new ListenerTls(relayKey, clock, context(key.key(), relayKey, clock));
        key.follow(tls::replaced);
        return tls;
    }

    /** For connections that begin now. */
    public SslContext context() {
        return context;
    }

    private void replaced(CertifiedKey next) throws GeneralSecurityException {
        try {
            context = context(next, relayKey, clock);
        } catch (IOException e) {
            throw new GeneralSecurityException("the new certificate cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    private static SslContext context(CertifiedKey key, NodeKey relayKey, InstantSource clock) throws IOException {
        return RelayCertificate.of(key.privateKey(), key.chain()).serverContext(relayKey, clock);
    }
}
