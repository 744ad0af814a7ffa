package io.fleetscale.control.netmap;

import org.jspecify.annotations.Nullable;

/** JSON that goes into many messages; compressed when it is first needed. Immutable and thread-safe. */
final class SharedText {
    /** Shorter texts are cheaper to compress again with their surroundings than to carry as a frame. */
    static final int MIN_FRAME_BYTES = 512;

    private final byte[] text;
    private volatile byte @Nullable [] frame;

    SharedText(byte[] text) {
        this.text = text;
    }

    byte[] text() {
        return text;
    }

    byte[] frame(Encoder encoder) {
        byte[] ready = frame;
        if (ready == null) {
            synchronized (this) {
                ready = frame;
                if (ready == null) {
                    ready = encoder.compressShared(text);
                    frame = ready;
                }
            }
        }
        return ready;
    }
}
