package io.fleetscale.relay.mesh;

import io.fleetscale.relay.tls.PinnedCertificate;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;

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

    /** A handler of one connection. The name is sent whatever it looks like: TLS libraries leave out names without dots. */
    static SslHandler handler(SslContext context, MeshAddress address, ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator, address.hostName(), address.port());
        if (!NetUtil.isValidIpV4Address(address.hostName()) && !NetUtil.isValidIpV6Address(address.hostName())) {
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(address.hostName())));
            handler.engine().setSSLParameters(parameters);
        }
        return handler;
    }
}
