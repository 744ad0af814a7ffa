package io.fleetscale.control.boot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ListenerCertificatesTest {
    /** F044: behind a proxy that ends TLS, clients see the proxy's certificate, and a pinned one cuts them off from the relay. */
    @Test
    void theRelaysCertificateIsPinnedOnlyWhereClientsSeeIt() {
        ListenerCertificates none = ListenerCertificates.grpcOnly(null);
        assertThat(none.showRelayCertificate(false)).isTrue();
        assertThat(none.showRelayCertificate(true)).isFalse();
    }
}
