package io.fleetscale.control.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundHttpTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "0.0.0.0",
                "224.0.0.1",
                "255.255.255.255",
                "198.18.0.1",
                "::1",
                "::",
                "fe80::1",
                "fd00::1",
                "fec0::1",
                "ff02::1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::"
            })
    void specialAddressesAreKnown(String text) throws IOException {
        assertThat(OutboundHttp.isSpecial(InetAddress.getAllByName(text)[0])).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111"})
    void publicAddressesAreLetThrough(String text) throws IOException {
        assertThat(OutboundHttp.isSpecial(InetAddress.getAllByName(text)[0])).isFalse();
    }

    @Test
    void aNameThatStandsForAPrivateAddressIsRefusedAndARedirectIsNotFollowed() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.start();
        URI here = URI.create("http://localhost:" + server.getAddress().getPort() + "/");
        try (OutboundHttp strict = new OutboundHttp(false);
                OutboundHttp lenient = new OutboundHttp(true)) {
            assertThatThrownBy(() -> strict.send(HttpRequest.newBuilder(URI.create("https://localhost/"))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("private");
            assertThatThrownBy(() -> strict.send(HttpRequest.newBuilder(here))).hasMessageContaining("https");
            assertThat(lenient.send(HttpRequest.newBuilder(here)).status()).isEqualTo(302);
        } finally {
            server.stop(0);
        }
    }
}
