package io.fleetscale.control.netmap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/**
 * A message as it goes into the stream: a length and the content, in parts that other messages may share. Immutable and
 * thread-safe. Source: control-protocol 5.2.
 */
public final class MapMessage {
    static final int LENGTH_BYTES = 4;

    private final byte[][] parts;
    private final int length;

    private MapMessage(byte[][] parts, int length) {
        this.parts = parts;
        this.length = length;
    }

    static MapMessage of(List<byte[]> content) {
        int length = 0;
        for (byte[] part : content) {
            length = Math.addExact(length, part.length);
        }
        byte[] prefix = {(byte) length, (byte) (length >>> 8), (byte) (length >>> 16), (byte) (length >>> 24)};
        if (content.size() == 1) {
            byte[] whole = new byte[LENGTH_BYTES + length];
            System.arraycopy(prefix, 0, whole, 0, LENGTH_BYTES);
            System.arraycopy(content.getFirst(), 0, whole, LENGTH_BYTES, length);
            return new MapMessage(new byte[][] {whole}, whole.length);
        }
        byte[][] parts = new byte[content.size() + 1][];
        parts[0] = prefix;
        for (int i = 0; i < content.size(); i++) {
            parts[i + 1] = content.get(i);
        }
        return new MapMessage(parts, LENGTH_BYTES + length);
    }

    /** Bytes on the stream, the length field included. */
    public int length() {
        return length;
    }

    /** A view that the caller owns; the bytes stay shared and must not be changed. */
    public ByteBuf toByteBuf() {
        return Unpooled.wrappedBuffer(parts.length, parts);
    }
}
