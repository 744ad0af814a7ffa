package io.fleetscale.wire.derp;

import static io.fleetscale.wire.derp.DerpVectors.DESTINATION;
import static io.fleetscale.wire.derp.DerpVectors.NODE;
import static io.fleetscale.wire.derp.DerpVectors.RELAY;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The published frames, byte for byte: type, length, then the fields. */
class DerpFrameEncoderTest {
    private static final Bytes32 NODE_KEY = NODE.publicKey().raw();
    private static final Bytes32 DESTINATION_KEY = DESTINATION.publicKey().raw();
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    @Test
    void writesGreetings() {
        assertThat(hex(out -> DerpFrameEncoder.serverKey(out, RELAY.publicKey())))
                .isEqualTo("0100000028" + "44455250f09f9491" + DerpVectors.RELAY_PUBLIC);
        byte[] sealed = DerpVectors.hex("000102030405060708090a0b0c0d0e0f1011121314151617", "00");
        assertThat(hex(out -> DerpFrameEncoder.clientInfo(out, NODE.publicKey(), sealed)))
                .isEqualTo(
                        "0200000039" + DerpVectors.NODE_PUBLIC + "000102030405060708090a0b0c0d0e0f101112131415161700");
        assertThat(hex(out -> DerpFrameEncoder.serverInfo(out, sealed))).startsWith("0300000019" + "0001");
    }

    @Test
    void writesPackets() {
        assertThat(hex(out -> DerpFrameEncoder.sendPacket(out, DESTINATION_KEY, HELLO)))
                .isEqualTo("0400000025" + DerpVectors.DESTINATION_PUBLIC + "68656c6c6f");
        assertThat(hex(out -> DerpFrameEncoder.recvPacket(out, NODE_KEY, HELLO)))
                .isEqualTo("0500000025" + DerpVectors.NODE_PUBLIC + "68656c6c6f");
        assertThat(hex(out -> DerpFrameEncoder.forwardPacket(out, NODE_KEY, DESTINATION_KEY, HELLO)))
                .isEqualTo("0a00000045" + DerpVectors.NODE_PUBLIC + DerpVectors.DESTINATION_PUBLIC + "68656c6c6f");
    }

    @Test
    void rewritesASentPacketIntoTheReceivedOne() {
        assertThat(hex(out -> {
                    DerpFrameEncoder.sendPacket(out, DESTINATION_KEY, HELLO);
                    DerpFrameEncoder.rewriteAsReceived(out, 0, NODE_KEY.toArray());
                }))
                .isEqualTo(hex(out -> DerpFrameEncoder.recvPacket(out, NODE_KEY, HELLO)));
    }

    @Test
    void writesControlFrames() {
        assertThat(hex(DerpFrameEncoder::keepAlive)).isEqualTo("0600000000");
        assertThat(hex(out -> DerpFrameEncoder.notePreferred(out, true))).isEqualTo("070000000101");
        assertThat(hex(out -> DerpFrameEncoder.notePreferred(out, false))).isEqualTo("070000000100");
        assertThat(hex(out -> DerpFrameEncoder.peerGone(out, NODE_KEY, PeerGoneReason.DISCONNECTED)))
                .isEqualTo("0800000021" + DerpVectors.NODE_PUBLIC + "00");
        assertThat(hex(out -> DerpFrameEncoder.peerGone(out, DESTINATION_KEY, PeerGoneReason.NOT_HERE)))
                .isEqualTo("0800000021" + DerpVectors.DESTINATION_PUBLIC + "01");
        assertThat(hex(DerpFrameEncoder::watchConnections)).isEqualTo("1000000000");
        assertThat(hex(out -> DerpFrameEncoder.closePeer(out, DESTINATION_KEY)))
                .isEqualTo("1100000020" + DerpVectors.DESTINATION_PUBLIC);
        assertThat(hex(out -> DerpFrameEncoder.ping(out, 0x0102030405060708L))).isEqualTo("12000000080102030405060708");
        assertThat(hex(out -> DerpFrameEncoder.pong(out, 0x0102030405060708L))).isEqualTo("13000000080102030405060708");
        assertThat(hex(out -> DerpFrameEncoder.health(out, "duplicate"))).isEqualTo("14000000096475706c6963617465");
        assertThat(hex(out -> DerpFrameEncoder.health(out, ""))).isEqualTo("1400000000");
        assertThat(hex(out -> DerpFrameEncoder.restarting(out, Duration.ofMillis(500), Duration.ofSeconds(5))))
                .isEqualTo("1500000008000001f400001388");
    }

    @Test
    void writesPeerPresent() {
        String head = "0900000033" + DerpVectors.NODE_PUBLIC;
        assertThat(hex(out -> DerpFrameEncoder.peerPresent(out, NODE_KEY, IpAddress.parse("203.0.113.7"), 51820, 1)))
                .isEqualTo(head + "00000000000000000000ffffcb007107" + "ca6c" + "01");
        assertThat(hex(out ->
                        DerpFrameEncoder.peerPresent(out, NODE_KEY, IpAddress.parse("2001:db8::7"), 51820, 4 | 8)))
                .isEqualTo(head + "20010db8000000000000000000000007" + "ca6c" + "0c");
        assertThat(hex(out -> DerpFrameEncoder.peerPresent(out, NODE_KEY, null, 0, 1)))
                .isEqualTo(head + "00000000000000000000000000000000" + "0000" + "01");
    }

    @Test
    void readsBackTheServerKey() {
        ByteBuf frame = Unpooled.buffer();
        DerpFrameEncoder.serverKey(frame, RELAY.publicKey());
        assertThat(ServerKey.read(frame.skipBytes(DerpLimits.HEADER_BYTES))).hasValue(new ServerKey(RELAY.publicKey()));
        assertThat(ServerKey.read(Unpooled.wrappedBuffer(new byte[40]))).isEmpty();
        assertThat(ServerKey.read(Unpooled.wrappedBuffer(new byte[39]))).isEmpty();
    }

    private static String hex(Consumer<ByteBuf> writer) {
        ByteBuf buffer = Unpooled.buffer();
        writer.accept(buffer);
        return ByteBufUtil.hexDump(buffer);
    }
}
