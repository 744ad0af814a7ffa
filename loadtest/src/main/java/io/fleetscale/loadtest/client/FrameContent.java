package io.fleetscale.loadtest.client;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.fleetscale.wire.zstd.ZstdFrames;
import java.util.Arrays;

/** Decompresses the zstd frames of a message into a buffer that its thread uses again and again. */
final class FrameContent {
    /** More than any tailnet that this program simulates has. */
    static final int MAX_CONTENT_BYTES = 256 << 20;

    private static final ThreadLocal<FrameContent> OF_THREAD = ThreadLocal.withInitial(FrameContent::new);

    private final ZstdDecompressCtx context = new ZstdDecompressCtx();
    private byte[] content = new byte[64 * 1024];
    private int length;

    private FrameContent() {}

    static FrameContent ofThread() {
        return OF_THREAD.get();
    }

    /** Replaces the content; concatenated frames become one text as in the real client. */
    void decompress(byte[] frames) throws ControlException {
        length = 0;
        int at = 0;
        try {
            while (at < frames.length) {
                int size = Math.toIntExact(Zstd.findFrameCompressedSize(frames, at, frames.length - at));
                long announced = Zstd.getFrameContentSize(frames, at, size);
                if (announced >= 0) {
                    reserve(announced);
                    length += context.decompressByteArray(content, length, content.length - length, frames, at, size);
                } else {
                    byte[] part = ZstdFrames.decompress(
                            Arrays.copyOfRange(frames, at, at + size), MAX_CONTENT_BYTES - length);
                    reserve(part.length);
                    System.arraycopy(part, 0, content, length, part.length);
                    length += part.length;
                }
                at += size;
            }
        } catch (ZstdException | IllegalArgumentException | ArithmeticException e) {
            throw new ControlException("map message does not decompress", e);
        }
    }

    private void reserve(long more) throws ControlException {
        if (more > MAX_CONTENT_BYTES - length) {
            throw new ControlException("map message of more than " + MAX_CONTENT_BYTES + " bytes");
        }
        int needed = length + (int) more;
        if (content.length < needed) {
            content = Arrays.copyOf(content, Math.max(needed, Math.min(content.length * 2, MAX_CONTENT_BYTES)));
        }
    }

    /** Valid until the next call of this thread, {@link #length} bytes of it. */
    byte[] content() {
        return content;
    }

    int length() {
        return length;
    }
}
