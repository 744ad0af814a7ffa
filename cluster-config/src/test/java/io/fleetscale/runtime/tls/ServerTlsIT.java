package io.fleetscale.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.runtime.net.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerTlsIT {
    @Test
    void nextHandshakeUsesTheReplacedKey(@TempDir Path directory) throws Exception {
        CertificateAuthority authority = CertificateAuthority.in(directory, InstantSource.system());
        ReloadableKey key = new ReloadableKey(authority.issue("first", List.of("127.0.0.1")));
        SslContext tls = ServerTls.context(key, List.of("h2", "http/1.1"));
        SSLContext client = SSLContext.getInstance("TLS");
        client.init(null, PemFiles.trustManagers(List.of(authority.certificate())), null);
        try (Transport transport = Transport.best("tls-test", 1)) {
            Channel listener = new ServerBootstrap()
                    .group(transport.loops())
                    .channel(transport.serverChannel())
                    .childHandler(new ChannelInitializer<SocketChannel>() {
                        @Override
                        protected void initChannel(SocketChannel channel) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        }
                    })
                    .bind("127.0.0.1", 0)
                    .sync()
                    .channel();
            int port = ((InetSocketAddress) listener.localAddress()).getPort();
            assertThat(handshake(client, port)).contains("CN=first");
            key.replace(authority.issue("second", List.of("127.0.0.1")));
            assertThat(handshake(client, port)).contains("CN=second");
            listener.close().sync();
        }
    }

    private static String handshake(SSLContext client, int port) throws Exception {
        try (SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket("127.0.0.1", port)) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
            assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.1");
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }
}
