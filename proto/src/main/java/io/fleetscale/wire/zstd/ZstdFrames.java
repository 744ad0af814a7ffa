package io.fleetscale.wire.zstd;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** Frames without a context: stored ones, and the way back. Thread-safe. Source: RFC 8878 section 3.1.1. */
public final class ZstdFrames {
    /** A block holds at most 128 KiB. Source: RFC 8878 section 3.1.1.2.4. */
    public static final int MAX_STORED_BYTES = 128 * 1024;

    private static final int BLOCK_HEADER_BYTES = 3;
    private static final int SINGLE_SEGMENT = 0x20;
    /** Content size in 2 bytes, less 256. */
    private static final int SIZE_16_BIT = 0x40;
    /** Content size in 4 bytes. */
    private static final int SIZE_32_BIT = 0x80;

    private ZstdFrames() {}

    /**
     * Wraps {@code content} in one frame with one raw block: for pieces so small that compressing gains nothing.
     *
     * @throws IllegalArgumentException above {@link #MAX_STORED_BYTES}
     */
    public static byte[] stored(byte[] content) {
        int length = content.length;
        if (length > MAX_STORED_BYTES) {
            throw new IllegalArgumentException("stored frame of " + length + " bytes: at most " + MAX_STORED_BYTES);
        }
        int sizeBytes = length < 256 ? 1 : length < 256 + 65536 ? 2 : 4;
        byte[] frame = new byte[4 + 1 + sizeBytes + BLOCK_HEADER_BYTES + length];
        littleEndian(frame, 0, 4, 0xFD2FB528);
        int descriptor = SINGLE_SEGMENT | (sizeBytes == 1 ? 0 : sizeBytes == 2 ? SIZE_16_BIT : SIZE_32_BIT);
        frame[4] = (byte) descriptor;
        littleEndian(frame, 5, sizeBytes, sizeBytes == 2 ? length - 256 : length);
        int at = 5 + sizeBytes;
        littleEndian(frame, at, BLOCK_HEADER_BYTES, length << 3 | 1);
        System.arraycopy(content, 0, frame, at + BLOCK_HEADER_BYTES, length);
        return frame;
    }

    /**
     * Decompresses all concatenated frames.
     *
     * @param maxBytes what the content may have at most
     * @throws IllegalArgumentException if the frames are malformed or hold more than {@code maxBytes}
     */
    public static byte[] decompress(byte[] frames, int maxBytes) {
        try (var in = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(frames))) {
            byte[] content = in.readNBytes(maxBytes);
            if (in.read() >= 0) {
                throw new IllegalArgumentException("zstd content exceeds " + maxBytes + " bytes");
            }
            return content;
        } catch (IOException e) {
            throw new IllegalArgumentException("malformed zstd frame", e);
        }
    }

    private static void littleEndian(byte[] target, int offset, int count, int value) {
        for (int i = 0; i < count; i++) {
            target[offset + i] = (byte) (value >>> (8 * i));
        }
    }
}
