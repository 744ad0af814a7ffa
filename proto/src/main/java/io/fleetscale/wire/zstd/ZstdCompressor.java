package io.fleetscale.wire.zstd;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.util.Arrays;

/**
 * Compresses messages, each to one independent frame with its content size, without checksum and dictionary. Not
 * thread-safe: one per thread or per writer; it holds native memory until closed. Source: control-protocol 5.3.
 */
public final class ZstdCompressor implements AutoCloseable {
    /** The level for what is compressed once and sent to many. */
    public static final int DEFAULT_LEVEL = 1;

    private final ZstdCompressCtx context;

    public ZstdCompressor() {
        this(DEFAULT_LEVEL);
    }

    public ZstdCompressor(int level) {
        this.context = new ZstdCompressCtx();
        context.setLevel(level);
        context.setChecksum(false);
        context.setContentSize(true);
    }

    /** One frame that decompresses to exactly {@code content}. */
    public byte[] compress(byte[] content) {
        return compress(content, 0, content.length);
    }

    /** One frame of {@code length} bytes from {@code offset}. */
    public byte[] compress(byte[] content, int offset, int length) {
        byte[] frame = new byte[Math.toIntExact(Zstd.compressBound(length))];
        int size = context.compressByteArray(frame, 0, frame.length, content, offset, length);
        return Arrays.copyOf(frame, size);
    }

    @Override
    public void close() {
        context.close();
    }
}
