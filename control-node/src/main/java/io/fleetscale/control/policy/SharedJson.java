package io.fleetscale.control.policy;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * JSON that stands in the messages of many nodes, with room for its compressed form, so that both are made once. Immutable to
 * its readers and thread-safe; the arrays must not be changed.
 */
public final class SharedJson {
    public static final SharedJson EMPTY = new SharedJson(new byte[0]);

    private final byte[] text;
    private volatile byte @Nullable [] frame;

    public SharedJson(byte[] text) {
        this.text = text;
    }

    public byte[] text() {
        return text;
    }

    /** What {@code compress} makes of the text; it is asked once and must be the same function each time. */
    public byte[] frame(UnaryOperator<byte[]> compress) {
        byte[] ready = frame;
        if (ready == null) {
            synchronized (this) {
                ready = frame;
                if (ready == null) {
                    ready = compress.apply(text);
                    frame = ready;
                }
            }
        }
        return ready;
    }
}
