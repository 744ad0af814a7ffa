package io.fleetscale.wire.zstd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZstdFramesTest {
    private static final long SEED = 99;

    /** The worked keep-alive of control-protocol 5.2. */
    @Test
    void storesTheKeepAliveByteForByte() {
        byte[] frame = ZstdFrames.stored("{\"KeepAlive\":true}".getBytes(StandardCharsets.US_ASCII));
        assertThat(HexFormat.of().formatHex(frame))
                .isEqualTo("28b52ffd2012910000" + "7b224b656570416c697665223a747275657d");
    }

    @Test
    void comesBackAtEverySize() throws Exception {
        Random random = new Random(SEED);
        try (ZstdCompressor compressor = new ZstdCompressor()) {
            for (int length : new int[] {0, 1, 255, 256, 65_791, 65_792, ZstdFrames.MAX_STORED_BYTES}) {
                byte[] content = new byte[length];
                random.nextBytes(content);
                assertThat(ZstdFrames.decompress(ZstdFrames.stored(content), length))
                        .isEqualTo(content);
                byte[] frame = compressor.compress(content);
                assertThat(ZstdFrames.decompress(frame, length)).isEqualTo(content);
                ByteArrayOutputStream joined = new ByteArrayOutputStream();
                joined.write(ZstdFrames.stored(content));
                joined.write(frame);
                assertThat(ZstdFrames.decompress(joined.toByteArray(), 2 * length))
                        .hasSize(2 * length);
            }
        }
    }

    @Test
    void refusesTooMuchAndGarbage() {
        byte[] frame = ZstdFrames.stored(new byte[100]);
        assertThatThrownBy(() -> ZstdFrames.decompress(frame, 99)).hasMessage("zstd content exceeds 99 bytes");
        assertThatThrownBy(() -> ZstdFrames.decompress(Arrays.copyOf(frame, 50), 100))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ZstdFrames.decompress(new byte[] {1, 2, 3, 4, 5}, 100))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ZstdFrames.stored(new byte[ZstdFrames.MAX_STORED_BYTES + 1]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
