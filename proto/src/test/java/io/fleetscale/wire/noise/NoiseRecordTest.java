package io.fleetscale.wire.noise;

import static io.fleetscale.wire.noise.Vectors.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fleetscale.wire.key.ChallengeKey;
import io.fleetscale.wire.noise.NoiseException.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NoiseRecordTest {
    private static final SecretKey K1 =
            key("8b2f6bbba15ce6d607c316355f2d3c93f62dcbe39b04eb873b5b2e2812dc71b6"); // client to server
    private static final SecretKey K2 =
            key("e8f7da7193cd2dd7834427bc5de410cc7fa42ea2bddb06906a91b23daf60a99b"); // server to client

    /** The JDK refuses a key and nonce that it had just before; these tests start over with the worked keys. */
    @BeforeEach
    void forgetLastNonce() {
        JdkChaCha20Poly1305.THREAD.remove();
    }

    @Test
    void sealsTheWorkedRecords() throws NoiseException {
        RecordSealer server = new RecordSealer(K2);
        assertThat(seal(server, "server-hello"))
                .isEqualTo("04001c579a5a2f1d65a0507e1e77ded33c2d113b663e917907ab39d07fa006");
        assertThat(seal(server, "second")).isEqualTo("040016c2f137f94e80412fadf7e954f11e26cfe3239cb3930e");
        assertThat(seal(new RecordSealer(K1), "client-hello"))
                .isEqualTo("04001c7ef8f7df764134139280ade2e24ef8744f4c167ba2e63f2294315382");
    }

    @Test
    void nonceOfRecord256IsBigEndian() throws NoiseException {
        assertThat(hex(RecordNonce.of(256))).isEqualTo("000000000000000000000100");
        assertThat(seal(new RecordSealer(K2, 256), "x")).isEqualTo("040011" + "d71b64d79556c1b02b876471623535ea2e");
        RecordSealer counting = new RecordSealer(K2);
        for (int i = 0; i < 256; i++) {
            seal(counting, "filler");
        }
        assertThat(seal(counting, "x")).isEqualTo("040011" + "d71b64d79556c1b02b876471623535ea2e");
    }

    @Test
    void lastNonceIsNeverUsed() throws NoiseException {
        RecordSealer sealer = new RecordSealer(K2, -2);
        seal(sealer, "last");
        assertThatExceptionOfType(NoiseException.class)
                .isThrownBy(() -> seal(sealer, "one more"))
                .matches(e -> e.reason() == Reason.EXHAUSTED);
    }

    @Test
    void sealsTheWorkedEarlyPayload() throws NoiseException {
        EarlyPayload early =
                new EarlyPayload(new ChallengeKey(Vectors.CHALLENGE.publicKey().raw()));
        byte[] plain = early.encode();
        assertThat(hex(plain)).startsWith("ffffff54530000005f");
        assertThat(new String(plain, 9, plain.length - 9, StandardCharsets.UTF_8))
                .isEqualTo("{\"nodeKeyChallenge\":"
                        + "\"chalpub:d89e3bad79437dbed9f843418304f460ff05c7fe81fe4a9577a804cb9367ff66\"}");
        ByteBuf out = Unpooled.buffer();
        new RecordSealer(K2).seal(Unpooled.wrappedBuffer(plain), out);
        assertThat(ByteBufUtil.hexDump(out))
                .isEqualTo(
                        "040078db00d70d2b178d38440939df0a81793a515f856c02014a3e6c056669f78b0bb9b1f277e63ceaa1cd43907f9b"
                                + "6937a5d5eef03774fea77386cf6c2b6e5ae0a750ac4abea788688dc471ab73be903d7aeaf0202ba3bfac73c6e1a770"
                                + "2d3dadcd6f5c33e4d720f2e06ab1bc25590d7daf59a2d90b2d097c0e90");
        byte[] json = java.util.Arrays.copyOfRange(plain, EarlyPayload.HEADER_LENGTH, plain.length);
        assertThat(EarlyPayload.jsonLength(plain)).contains(json.length);
        assertThat(EarlyPayload.decode(json)).isEqualTo(early);
        assertThat(EarlyPayload.jsonLength(hex("000012040000000000"))).isEmpty(); // an HTTP/2 SETTINGS frame
    }

    @Test
    void earlyPayloadOfAbsurdLengthIsRefused() {
        assertThatExceptionOfType(NoiseException.class)
                .isThrownBy(() -> EarlyPayload.jsonLength(hex("ffffff5453ffffffff")));
        for (String bad : new String[] {"", "[]", "{", "{\"nodeKeyChallenge\":7}", "{\"nodeKeyChallenge\":\"x\"}"}) {
            assertThatExceptionOfType(NoiseException.class)
                    .isThrownBy(() -> EarlyPayload.decode(bad.getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Test
    void allSizesSurviveHeapDirectAndSplitBuffers() throws NoiseException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        RecordSealer sealer = new RecordSealer(K1);
        RecordOpener opener = new RecordOpener(K1);
        for (int size : new int[] {1, 16, 300, 4076, 4077, 4078, 8154, 16_384, 100_000}) {
            byte[] plain = new byte[size];
            random.nextBytes(plain);
            for (int form = 0; form < 4; form++) {
                ByteBuf in = (form & 1) == 0
                        ? Unpooled.wrappedBuffer(plain)
                        : Unpooled.directBuffer().writeBytes(plain);
                ByteBuf out = (form & 2) == 0 ? Unpooled.buffer() : Unpooled.directBuffer();
                sealer.seal(in, out);
                assertThat(out.readableBytes()).as("seed %d", seed).isEqualTo(RecordSealer.sealedLength(size));
                ByteBuf opened = Unpooled.buffer();
                while (out.isReadable()) {
                    @Nullable ByteBuf piece = opener.open(out);
                    assertThat(piece).isNotNull();
                    opened.writeBytes(piece);
                    piece.release();
                }
                assertThat(ByteBufUtil.getBytes(opened))
                        .as("seed %d size %d", seed, size)
                        .isEqualTo(plain);
                in.release();
                assertThat(out.release()).isTrue();
            }
        }
    }

    @Test
    void partialRecordIsNotTouched() throws NoiseException {
        ByteBuf sealed = Unpooled.buffer();
        new RecordSealer(K1).seal(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8), sealed);
        RecordOpener opener = new RecordOpener(K1);
        for (int length = 0; length < sealed.readableBytes(); length++) {
            assertThat(opener.open(sealed.slice(0, length))).isNull();
        }
        @Nullable ByteBuf opened = opener.open(sealed);
        assertThat(opened).isNotNull();
        assertThat(opened.toString(StandardCharsets.UTF_8)).isEqualTo("hello");
    }

    @Test
    void emptyRecordIsLegal() throws NoiseException {
        byte[] sealed = new byte[16];
        AeadCipher.ofThread().seal(K1, new byte[12], new byte[0], new byte[0], 0, 0, sealed, 0);
        ByteBuf in = Unpooled.wrappedBuffer(new byte[] {4, 0, 16}, sealed).copy();
        @Nullable ByteBuf opened = new RecordOpener(K1).open(in);
        assertThat(opened).isNotNull();
        assertThat(opened.isReadable()).isFalse();
        assertThat(in.isReadable()).isFalse();
    }

    @Test
    void badRecordsEndTheOpener() throws NoiseException {
        assertRefused("040ffe" + "00".repeat(4094), Reason.MALFORMED); // 4094 > 4093
        assertRefused("04000f" + "00".repeat(15), Reason.MALFORMED); // shorter than a tag
        assertRefused("050010" + "00".repeat(16), Reason.MALFORMED); // type
        assertRefused("040010" + "00".repeat(16), Reason.CRYPTO); // tag
    }

    private static void assertRefused(String record, Reason reason) throws NoiseException {
        JdkChaCha20Poly1305.THREAD.remove();
        RecordOpener opener = new RecordOpener(K1);
        assertThatExceptionOfType(NoiseException.class)
                .isThrownBy(() -> opener.open(Unpooled.wrappedBuffer(hex(record))))
                .matches(e -> e.reason() == reason);
        ByteBuf good = Unpooled.buffer();
        new RecordSealer(K1).seal(Unpooled.wrappedBuffer(new byte[] {1}), good);
        assertThatExceptionOfType(NoiseException.class).isThrownBy(() -> opener.open(good));
    }

    private static String seal(RecordSealer sealer, String text) throws NoiseException {
        ByteBuf out = Unpooled.buffer();
        sealer.seal(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8), out);
        return ByteBufUtil.hexDump(out);
    }

    private static SecretKey key(String text) {
        return new SecretKeySpec(hex(text), "ChaCha20");
    }
}
