package io.fleetscale.grid.processor;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;

/**
 * A value owned by an epoch. Frozen.
 *
 * <pre>
 *  0      1      format, 2
 *  1      1      flags, 0
 *  2      8      epoch, big-endian, positive
 * 10      ...    payload
 * </pre>
 */
public final class EpochLayout {
    public static final byte FORMAT = 2;
    public static final int HEADER_BYTES = 10;

    private EpochLayout() {}

    public static byte[] encode(long epoch, byte[] payload) {
        byte[] value = new byte[HEADER_BYTES + payload.length];
        value[0] = FORMAT;
        Longs.put(value, 2, epoch);
        System.arraycopy(payload, 0, value, HEADER_BYTES, payload.length);
        return value;
    }

    public static long epoch(byte[] value) {
        return Longs.get(value, 2);
    }

    /** A view into the value: nothing is copied, and the value must not be changed any more. */
    public static ByteString payload(byte[] value) {
        return UnsafeByteOperations.unsafeWrap(value, HEADER_BYTES, value.length - HEADER_BYTES);
    }
}
