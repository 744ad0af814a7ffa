package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The main listener on several addresses and in both families. */
class ListenersIT {
    private static final InetAddress V4 = InetAddress.getLoopbackAddress();

    @Test
    void listensOnEachAddressOfBothFamilies() throws Exception {
        InetAddress v6 = loopback6();
        try (FrontDoor door = door(List.of(new InetSocketAddress(V4, 0), new InetSocketAddress(v6, 0)))) {
            door.start();

            assertThat(door.addresses()).hasSize(2);
            for (InetSocketAddress address : door.addresses()) {
                assertThat(sourceSeen(address)).isEqualTo(address.getAddress().equals(V4) ? "127.0.0.1" : "::1");
            }
        }
    }

    @Test
    void anAddressWithoutHostIsBothFamilies() throws Exception {
        InetAddress v6 = loopback6();
        try (FrontDoor door = door(List.of(new InetSocketAddress(0)))) {
            door.start();
            int port = door.addresses().getFirst().getPort();

            assertThat(sourceSeen(new InetSocketAddress(v6, port))).isEqualTo("::1");
            assertThat(sourceSeen(new InetSocketAddress(V4, port)))
                    .as("not ::ffff:127.0.0.1")
                    .isEqualTo("127.0.0.1");
        }
    }

    @Test
    void nothingListensWhenOneAddressIsTaken() throws Exception {
        try (FrontDoor first = door(List.of(new InetSocketAddress(V4, 0)))) {
            first.start();
            InetSocketAddress taken = first.addresses().getFirst();
            try (FrontDoor second = door(List.of(new InetSocketAddress(V4, 0), taken))) {
                assertThatThrownBy(second::start)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining(Integer.toString(taken.getPort()));
                assertThat(second.addresses()).isEmpty();
            }
        }
    }

    private static FrontDoor door(List<InetSocketAddress> listen) {
        return new FrontDoor(
                FrontDoorConfig.listeningOn(listen),
                RunningDoor.SERVER,
                RouteTable.builder()
                        .get("/who", call -> HttpReply.text(200, call.source().toString()))
                        .build(),
                new NoiseRoutes(),
                Optional.empty(),
                Optional::empty,
                new SimpleMeterRegistry(),
                System::nanoTime);
    }

    private static String sourceSeen(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.connect(address);
            socket.getOutputStream()
                    .write("GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        }
    }

    private static InetAddress loopback6() throws IOException {
        InetAddress v6 = InetAddress.ofLiteral("::1");
        assumeTrue(NetworkInterface.getByInetAddress(v6) != null, "skipped: this machine has no IPv6");
        return v6;
    }
}
