package io.fleetscale.runtime.tls;

import io.netty.handler.ssl.SslContext;
import java.util.Optional;

/** The TLS of the listener, asked for each connection on its event loop: no blocking. */
@FunctionalInterface
public interface TlsOffer {
    /** What clients get; its ALPN must be http/1.1. Empty: the listener speaks no TLS. */
    Optional<SslContext> certificate();

    /** What a certificate authority gets that checks a name with {@code acme-tls/1}; empty while none is expected. */
    default Optional<SslContext> challenge() {
        return Optional.empty();
    }
}
