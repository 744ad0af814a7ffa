package io.fleetscale.grid.processor;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;

/**
 * A value with a version, or a tombstone with one. Frozen.
 *
 * <pre>
 *  0      1      format, 1
 *  1      1      flags, bit 0: tombstone
 *  2      8      version, high half, unsigned, big-endian
 * 10      8      version, low half, unsigned, big-endian
 * 18      ...    payload
 * </pre>
 */
public final class VersionedLayout {
    public static final byte FORMAT = 1;
    public static final int HEADER_BYTES = 18;
    private static final byte TOMBSTONE = 1;

    private VersionedLayout() {}

    public static byte[] encode(boolean tombstone, long high, long low, ByteString payload) {
        byte[] value = new byte[HEADER_BYTES + payload.size()];
        value[0] = FORMAT;
        value[1] = tombstone ? TOMBSTONE : 0;
        Longs.put(value, 2, high);
        Longs.put(value, 10, low);
        payload.copyTo(value, HEADER_BYTES);
        return value;
    }

    public static boolean isTombstone(byte[] value) {
        return (value[1] & TOMBSTONE) != 0;
    }

    public static long high(byte[] value) {
        return Longs.get(value, 2);
    }

    public static long low(byte[] value) {
        return Longs.get(value, 10);
    }

    /** A view into the value: nothing is copied, and the value must not be changed any more. */
    public static ByteString payload(byte[] value) {
        return UnsafeByteOperations.unsafeWrap(value, HEADER_BYTES, value.length - HEADER_BYTES);
    }

    /** Compares the version of a value with another one, as unsigned 128-bit numbers. */
    static int compareVersion(byte[] value, long high, long low) {
        int byHigh = Long.compareUnsigned(high(value), high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low(value), low);
    }
}
