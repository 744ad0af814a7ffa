package io.fleetscale.runtime.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.List;
import javax.net.ssl.SSLException;

/** TLS for listeners on Netty: versions 1.2 and 1.3, with a key that can be replaced while they run. */
public final class ServerTls {
    private ServerTls() {}

    /**
     * @param protocols for ALPN, best first, such as {@code h2} and {@code http/1.1}; empty for none
     */
    public static SslContext context(ReloadableKey key, List<String> protocols) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(key).protocols("TLSv1.3", "TLSv1.2");
        if (!protocols.isEmpty()) {
            builder.applicationProtocolConfig(new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    protocols));
        }
        return builder.build();
    }
}
