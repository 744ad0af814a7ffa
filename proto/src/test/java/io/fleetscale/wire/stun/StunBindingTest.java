package io.fleetscale.wire.stun;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StunBindingTest {
    private static final String REQUEST = "000100142112a442" // binding request, length, cookie
            + "0102030405060708090a0b0c" // transaction
            + "802200087461696c6e6f6465" // SOFTWARE "tailnode"
            + "80280004b32c370f"; // FINGERPRINT

    @Test
    void recognisesARequestOfANode() {
        assertThat(StunBinding.isBindingRequest(hex(REQUEST))).isTrue();
    }

    @Test
    void recognisesItBehindOtherBytesOfTheBuffer() {
        ByteBuf buffer = hex("ffff" + REQUEST).skipBytes(2);
        assertThat(StunBinding.isBindingRequest(buffer)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "000100142112a4420102030405060708090a0b0c802200087461696c6e6f646580280004b32c370e", // fingerprint
                "000100142112a4420102030405060708090a0b0c802200086e6f7461696c7363802800043ac11306", // software
                "0001000c2112a4420102030405060708090a0b0c802200087461696c6e6f6465", // no fingerprint
                REQUEST + "00", // a byte too many
                REQUEST + "00000000",
                "000100142112a4420102030405060708090a0b", // 19 bytes
                "400100142112a4420102030405060708090a0b0c802200087461696c6e6f646580280004b32c370f", // first bits
                "010100142112a4420102030405060708090a0b0c802200087461696c6e6f646580280004b32c370f", // a response
                "000100142112a4430102030405060708090a0b0c802200087461696c6e6f646580280004b32c370f", // cookie
                "000100142112a4420102030405060708090a0b0c8022ffff7461696c6e6f646580280004b32c370f", // length
                ""
            })
    void ignoresEverythingElse(String datagram) {
        assertThat(StunBinding.isBindingRequest(hex(datagram))).isFalse();
    }

    @Test
    void acceptsFurtherAttributesAndAWrongLengthField() {
        String body = "000100002112a4420102030405060708090a0b0c" + "802200087461696c6e6f6465" + "8099000201020000";
        CRC32 crc = new CRC32();
        crc.update(HexFormat.of().parseHex(body));
        String fingerprint = HexFormat.of().toHexDigits((int) crc.getValue() ^ 0x5354554e);
        assertThat(StunBinding.isBindingRequest(hex(body + "80280004" + fingerprint)))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.7, 0101000c2112a4420102030405060708090a0b0c002000080001eb7eea12d545",
        "2001:db8::7, 010100182112a4420102030405060708090a0b0c002000140002eb7e0113a9fa0102030405060708090a0b0b",
        "::ffff:203.0.113.7, 0101000c2112a4420102030405060708090a0b0c002000080001eb7eea12d545"
    })
    void answersWithTheAddress(String source, String response) {
        ByteBuf out = Unpooled.buffer();
        StunBinding.writeResponse(hex(REQUEST), IpAddress.parse(source), 51820, out);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(response);
    }

    @Test
    void ignoresADnsQuery() {
        assertThat(StunBinding.isBindingRequest(hex("123401000001000000000000076578616d706c6503636f6d0000010001")))
                .isFalse();
    }

    private static ByteBuf hex(String text) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(text));
    }
}
