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
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
}
