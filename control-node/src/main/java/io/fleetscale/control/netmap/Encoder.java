package io.fleetscale.control.netmap;

import io.fleetscale.wire.zstd.ZstdCompressor;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Compresses on any thread with a few reused compressors, and counts. Thread-safe; native memory is held until it is closed. */
public final class Encoder implements AutoCloseable {
    private static final int MAX_IDLE = 16;

    private final ConcurrentLinkedDeque<ZstdCompressor> idle = new ConcurrentLinkedDeque<>();
    private final LongAdder shared = new LongAdder();
    private final LongAdder single = new LongAdder();
    private volatile boolean closed;

    /** One frame of the content, for one receiver. */
    byte[] compress(byte[] content) {
        single.increment();
        return frame(content);
    }

    /** One frame of the content, for all that may get it. */
    byte[] compressShared(byte[] content) {
        shared.increment();
        return frame(content);
    }

    /** How many frames were compressed to be sent to many. */
    public long sharedFrames() {
        return shared.sum();
    }

    /** How many frames were compressed for one receiver. */
    public long singleFrames() {
        return single.sum();
    }

    private byte[] frame(byte[] content) {
        ZstdCompressor compressor = take();
        try {
            return compressor.compress(content);
        } finally {
            if (closed || idle.size() >= MAX_IDLE) {
                compressor.close();
            } else {
                idle.push(compressor);
            }
        }
    }

    private ZstdCompressor take() {
        @Nullable ZstdCompressor compressor = idle.poll();
        return compressor == null ? new ZstdCompressor() : compressor;
    }

    @Override
    public void close() {
        closed = true;
        ZstdCompressor compressor = idle.poll();
        while (compressor != null) {
            compressor.close();
            compressor = idle.poll();
        }
    }
}
