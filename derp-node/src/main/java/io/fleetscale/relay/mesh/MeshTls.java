package io.fleetscale.relay.mesh;

import io.fleetscale.relay.tls.PinnedCertificate;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;

/** TLS towards other relays. */
final class MeshTls {
    private MeshTls() {}

    /**
     * A context that accepts what {@link MeshAddress#certName} says.
     *
     * @throws IOException if the TLS library refuses
     */
    static SslContext context(MeshAddress address) throws IOException {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2");
        if (address.certName().isEmpty()) {
            builder.endpointIdentificationAlgorithm("HTTPS");
        } else {
            // The hash says which certificate it must be, so that the name in it says nothing more.
            builder.trustManager(PinnedCertificate.of(address.certName())).endpointIdentificationAlgorithm(null);
        }
        return builder.build();
    }
}
