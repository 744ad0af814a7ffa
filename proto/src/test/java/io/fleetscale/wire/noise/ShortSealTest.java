package io.fleetscale.wire.noise;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class ShortSealTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final int TAG_BYTES = 16;

    private final ShortSeal seal = new ShortSeal();

    /** Source: RFC 8439 2.8.2. */
    @Test
    void sealsAsTheExampleOfTheStandard() throws Exception {
        byte[] text = ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                        + "sunscreen would be it.")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] out = new byte[text.length + TAG_BYTES];
        seal.seal(
                key(HEX.parseHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")),
                HEX.parseHex("070000004041424344454647"),
                HEX.parseHex("50515253c0c1c2c3c4c5c6c7"),
                text,
                0,
                text.length,
                out,
                0);
        assertThat(HEX.formatHex(out))
                .startsWith("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6")
                .endsWith("1ae10b594f09e26a7e902ecbd0600691");
    }

    @Test
    void sealsAsTheJdkForEveryLengthAndInPlace() throws Exception {
        long seed = 0x5ea1L;
        SplittableRandom random = new SplittableRandom(seed);
        Cipher jdk = Cipher.getInstance("ChaCha20-Poly1305");
        for (int length = 0; length <= ShortSeal.MAX_LENGTH; length++) {
            byte[] keyBytes = bytes(random, 32);
            byte[] nonce = bytes(random, 12);
            byte[] aad = bytes(random, length % 3 == 0 ? 0 : random.nextInt(40));
            byte[] text = bytes(random, length);
            jdk.init(Cipher.ENCRYPT_MODE, key(keyBytes), new IvParameterSpec(nonce));
            jdk.updateAAD(aad);
            byte[] expected = jdk.doFinal(text);

            byte[] buffer = Arrays.copyOf(text, length + TAG_BYTES);
            seal.seal(key(keyBytes), nonce, aad, buffer, 0, length, buffer, 0);
            assertThat(buffer).as("seed %d, %d bytes", seed, length).isEqualTo(expected);
        }
    }

    private static SecretKey key(byte[] bytes) {
        return new SecretKeySpec(bytes, "ChaCha20");
    }

    private static byte[] bytes(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
