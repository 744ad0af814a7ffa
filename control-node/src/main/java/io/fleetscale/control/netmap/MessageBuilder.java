package io.fleetscale.control.netmap;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.fleetscale.control.policy.JsonSink;
import io.fleetscale.control.policy.SharedJson;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/** Puts a message together from text and ready frames. Not thread-safe. */
final class MessageBuilder implements JsonSink {
    private static final byte[] COMMA = {','};

    private final Encoder encoder;
    private final boolean compressed;
    private final boolean forMany;
    private final List<byte[]> parts = new ArrayList<>(4);
    private final JsonWriter text = new JsonWriter(1024);
    private boolean afterFrame;

    /**
     * @param compressed else the message is plain JSON, for clients that did not ask for zstd
     * @param forMany whether the message will be shared
     */
    MessageBuilder(Encoder encoder, boolean compressed, boolean forMany) {
        this.encoder = encoder;
        this.compressed = compressed;
        this.forMany = forMany;
    }

    @Override
    public JsonWriter text() {
        return text;
    }

    /** Begins a member of the object that is being written. */
    @CanIgnoreReturnValue
    JsonWriter name(String name) {
        if (afterFrame && text.size() == 0) {
            comma();
        }
        return text.name(name);
    }

    void comma() {
        text.append(COMMA);
    }

    /** Text that may be there as a frame; commas are the caller's. */
    void shared(SharedText shared) {
        if (!compressed || shared.text().length < SharedText.MIN_FRAME_BYTES) {
            text.append(shared.text());
        } else {
            frame(shared.frame(encoder));
        }
    }

    @Override
    public void shared(SharedJson elements) {
        if (!compressed || elements.text().length < SharedText.MIN_FRAME_BYTES) {
            text.append(elements.text());
        } else {
            frame(elements.frame(encoder::compressShared));
        }
    }

    void fragment(Fragment fragment) {
        if (compressed) {
            frame(fragment.frame(encoder));
        } else {
            text.append(fragment.text(null));
        }
    }

    private void frame(byte[] frame) {
        flush();
        parts.add(frame);
        afterFrame = true;
    }

    private void flush() {
        if (text.size() > 0) {
            byte[] bytes = text.toBytes();
            parts.add(!compressed ? bytes : forMany ? encoder.compressShared(bytes) : encoder.compress(bytes));
            text.clear();
        }
    }

    MapMessage finish() {
        flush();
        return MapMessage.of(parts);
    }
}
