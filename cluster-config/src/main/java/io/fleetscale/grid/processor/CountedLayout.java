package io.fleetscale.grid.processor;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Numbered fields under an (epoch, counter). Frozen.
 *
 * <pre>
 *  0      1      format, 3
 *  1      1      flags; bit 0: a refusal, which is only ever a result and never stored
 *  2      8      epoch, big-endian
 * 10      8      counter, big-endian; the first write of an entry has 1
 * 18      ...    fields in ascending order of their number, each:
 *                  4      number, big-endian, 1..2^31-1
 *                  4      length of the bytes, big-endian
 *                  ...    the bytes
 * </pre>
 *
 * <p>An overlay is the fields part alone. Laying it over a value keeps the fields that it does not name, replaces those that
 * it names, and drops those that it names with no bytes: a stored field is never empty.
 */
public final class CountedLayout {
    public static final byte FORMAT = 3;
    public static final int HEADER_BYTES = 18;
    private static final int FIELD_HEADER_BYTES = 8;
    private static final byte REFUSED = 1;

    private CountedLayout() {}

    public static byte[] encode(long epoch, long counter, SortedMap<Integer, ByteString> fields) {
        byte[] value = new byte[HEADER_BYTES + fieldBytes(fields)];
        writeHeader(value, epoch, counter);
        writeFields(fields, value, HEADER_BYTES);
        return value;
    }

    /** The fields part alone, as a processor takes it. */
    public static byte[] encodeOverlay(SortedMap<Integer, ByteString> fields) {
        byte[] overlay = new byte[fieldBytes(fields)];
        writeFields(fields, overlay, 0);
        return overlay;
    }

    public static long epoch(byte[] value) {
        return Longs.get(value, 2);
    }

    public static long counter(byte[] value) {
        return Longs.get(value, 10);
    }

    public static boolean isRefusal(byte[] result) {
        return (result[1] & REFUSED) != 0;
    }

    /** Views into the value: nothing is copied, and the value must not be changed any more. */
    public static SortedMap<Integer, ByteString> fields(byte[] value) {
        TreeMap<Integer, ByteString> fields = new TreeMap<>();
        for (int at = HEADER_BYTES; at < value.length; ) {
            int length = Longs.getInt(value, at + 4);
            fields.put(
                    Longs.getInt(value, at), UnsafeByteOperations.unsafeWrap(value, at + FIELD_HEADER_BYTES, length));
            at += FIELD_HEADER_BYTES + length;
        }
        return Collections.unmodifiableSortedMap(fields);
    }

    static byte[] refusal(byte[] stored) {
        byte[] result = new byte[HEADER_BYTES];
        System.arraycopy(stored, 0, result, 0, HEADER_BYTES);
        result[1] |= REFUSED;
        return result;
    }

    /** A value with only a header under which an overlay can be laid. */
    static byte[] empty(long epoch) {
        byte[] value = new byte[HEADER_BYTES];
        writeHeader(value, epoch, 0);
        return value;
    }

    /** Merges two ascending lists of fields in one pass. */
    static byte[] overlaid(byte[] stored, byte[] overlay, long epoch, long counter) {
        byte[] merged = new byte[stored.length + overlay.length];
        writeHeader(merged, epoch, counter);
        int end = HEADER_BYTES;
        int below = HEADER_BYTES;
        int above = 0;
        while (below < stored.length || above < overlay.length) {
            boolean fromStored = above >= overlay.length
                    || (below < stored.length && Longs.getInt(stored, below) < Longs.getInt(overlay, above));
            if (fromStored) {
                int size = fieldSize(stored, below);
                System.arraycopy(stored, below, merged, end, size);
                below += size;
                end += size;
                continue;
            }
            if (below < stored.length && Longs.getInt(stored, below) == Longs.getInt(overlay, above)) {
                below += fieldSize(stored, below);
            }
            int size = fieldSize(overlay, above);
            if (size > FIELD_HEADER_BYTES) {
                System.arraycopy(overlay, above, merged, end, size);
                end += size;
            }
            above += size;
        }
        return end == merged.length ? merged : Arrays.copyOf(merged, end);
    }

    private static int fieldSize(byte[] bytes, int at) {
        return FIELD_HEADER_BYTES + Longs.getInt(bytes, at + 4);
    }

    private static int fieldBytes(SortedMap<Integer, ByteString> fields) {
        int size = 0;
        for (ByteString field : fields.values()) {
            size += FIELD_HEADER_BYTES + field.size();
        }
        return size;
    }

    private static void writeHeader(byte[] value, long epoch, long counter) {
        value[0] = FORMAT;
        Longs.put(value, 2, epoch);
        Longs.put(value, 10, counter);
    }

    private static void writeFields(SortedMap<Integer, ByteString> fields, byte[] target, int start) {
        int at = start;
        for (Map.Entry<Integer, ByteString> field : fields.entrySet()) {
            Longs.putInt(target, at, field.getKey());
            Longs.putInt(target, at + 4, field.getValue().size());
            field.getValue().copyTo(target, at + FIELD_HEADER_BYTES);
            at += FIELD_HEADER_BYTES + field.getValue().size();
        }
    }
}
