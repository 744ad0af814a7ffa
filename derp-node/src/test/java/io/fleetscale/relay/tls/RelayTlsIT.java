package io.fleetscale.relay.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.relay.testing.TestNode;
import io.fleetscale.relay.testing.TestRelay;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RelayTlsIT {
    @TempDir
    Path directory;

    /** The JDK is the fallback where BoringSSL is not built for. */
    @ParameterizedTest
    @EnumSource(
            value = SslProvider.class,
            names = {"JDK", "OPENSSL"})
    void presentsLeafAndMetaCertificateWithEveryProvider(SslProvider provider) throws IOException {
        Assumptions.assumeTrue(provider == SslProvider.JDK || OpenSsl.isAvailable());
        RelayConfig config = RelayConfig.withDefaults(BoxKeyPair.generate(new SecureRandom()));
        RelayCertificate certificate =
                RelayCertificate.loadOrCreate(directory, List.of("localhost"), InstantSource.system());
        SslContext context = certificate.serverContext(config.identity().publicKey(), InstantSource.system(), provider);
        for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
            try (TestRelay relay = TestRelay.tls(
                            config, (node, source) -> CompletableFuture.completedFuture(Verdict.ADMITTED), context);
                    TestNode node = TestNode.tls(relay.address(), protocol).join()) {
                assertThat(node.relayCertificates()).hasSize(2);
                assertThat(node.relayCertificates()[0]).isEqualTo(certificate.leaf());
                node.send(node.key(), "me");
                assertThat(node.next().text()).isEqualTo("me");
            }
        }
    }

    /** What nodes, browsers and scanners say about protocols and names: none is refused, none gets HTTP/2. */
    @ParameterizedTest
    @EnumSource(
            value = SslProvider.class,
            names = {"JDK", "OPENSSL"})
    void speaksHttp1WhateverIsOfferedAndUnderEveryName(SslProvider provider) throws Exception {
        Assumptions.assumeTrue(provider == SslProvider.JDK || OpenSsl.isAvailable());
        RelayConfig config = RelayConfig.withDefaults(BoxKeyPair.generate(new SecureRandom()));
        RelayCertificate certificate =
                RelayCertificate.loadOrCreate(directory, List.of("localhost"), InstantSource.system());
        SslContext context = certificate.serverContext(config.identity().publicKey(), InstantSource.system(), provider);
        try (TestRelay relay =
                TestRelay.tls(config, (node, source) -> CompletableFuture.completedFuture(Verdict.ADMITTED), context)) {
            assertThat(negotiated(relay.address(), "localhost", "h2", "http/1.1"))
                    .isEqualTo("http/1.1");
            assertThat(negotiated(relay.address(), "another.example", "http/1.1"))
                    .isEqualTo("http/1.1");
            assertThat(negotiated(relay.address(), "localhost", "h2")).isEmpty();
            assertThat(negotiated(relay.address(), null)).isEmpty();
        }
    }

    /** The protocol that the relay chose; empty when it said nothing. A handshake that fails is an exception. */
    private static String negotiated(InetSocketAddress relay, @Nullable String name, String... offered)
            throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(relay.getAddress(), relay.getPort())) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(offered);
            if (name != null) {
                parameters.setServerNames(List.of(new SNIHostName(name)));
            }
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket.getApplicationProtocol();
        }
    }
}
