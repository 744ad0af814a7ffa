package io.fleetscale.relay.stun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.stun.StunBinding;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StunServerIT {
    private static final byte[] REQUEST =
            HexFormat.of().parseHex("000100142112a4420102030405060708090a0b0c802200087461696c6e6f646580280004b32c370f");

    @ParameterizedTest
    @CsvSource({"127.0.0.1, true", "127.0.0.1, false", "::1, true", "::1, false"})
    void answersFromTheAddressThatWasAsked(String address, boolean epoll) throws IOException {
        Assumptions.assumeTrue(!epoll || Epoll.isAvailable());
        InetAddress loopback = IpAddress.parse(address).toInetAddress();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        try (StunServer server = new StunServer(List.of(new InetSocketAddress(loopback, 0)), meters, epoll);
                DatagramSocket node = new DatagramSocket(new InetSocketAddress(loopback, 0))) {
            InetSocketAddress bound = server.start().getFirst();
            assertThat(ask(node, bound)).isEqualTo(expected(address, node.getLocalPort()));
            assertThat(meters.get("stun_requests")
                            .tag("disposition", "success")
                            .gauge()
                            .value())
                    .isEqualTo(1);
        }
    }

    @Test
    void hearsIpv4OnTheIpv6Wildcard() throws IOException {
        InetSocketAddress wildcard = at("::", 0);
        try (StunServer server = new StunServer(List.of(wildcard), new SimpleMeterRegistry());
                DatagramSocket node = new DatagramSocket(at("127.0.0.1", 0))) {
            int port = server.start().getFirst().getPort();
            assertThat(ask(node, at("127.0.0.1", port))).isEqualTo(expected("127.0.0.1", node.getLocalPort()));
        }
    }

    @Test
    void staysSilentForEverythingElse() throws IOException {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        InetSocketAddress any = at("127.0.0.1", 0);
        try (StunServer server = new StunServer(List.of(any), meters);
                DatagramSocket node = new DatagramSocket(any)) {
            InetSocketAddress bound = server.start().getFirst();
            byte[] wrong = REQUEST.clone();
            wrong[39] ^= 1;
            for (byte[] datagram : List.of(wrong, new byte[0], new byte[1400], Arrays.copyOf(REQUEST, 41))) {
                node.send(new DatagramPacket(datagram, datagram.length, bound));
            }
            assertThat(ask(node, bound)).isEqualTo(expected("127.0.0.1", node.getLocalPort()));
            await().until(() -> meters.get("stun_requests")
                            .tag("disposition", "not_stun")
                            .gauge()
                            .value()
                    == 4);
            assertThat(server.answered()).isEqualTo(1);
        }
    }

    private static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(IpAddress.parse(address).toInetAddress(), port);
    }

    private static String ask(DatagramSocket node, InetSocketAddress server) throws IOException {
        node.setSoTimeout(5000);
        node.send(new DatagramPacket(REQUEST, REQUEST.length, server));
        DatagramPacket answer = new DatagramPacket(new byte[100], 100);
        node.receive(answer);
        assertThat(answer.getSocketAddress()).isEqualTo(server);
        return HexFormat.of().formatHex(answer.getData(), 0, answer.getLength());
    }

    private static String expected(String address, int port) {
        ByteBuf out = Unpooled.buffer();
        StunBinding.writeResponse(Unpooled.wrappedBuffer(REQUEST), IpAddress.parse(address), port, out);
        return ByteBufUtil.hexDump(out);
    }
}
