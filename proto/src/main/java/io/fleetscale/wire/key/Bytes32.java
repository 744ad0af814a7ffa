package io.fleetscale.wire.key;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/** Thirty-two immutable bytes: the body of every public key. Thread-safe; 48 bytes of heap, compared by value. */
public final class Bytes32 implements Comparable<Bytes32> {
    public static final int LENGTH = 32;
    public static final Bytes32 ZERO = new Bytes32(0, 0, 0, 0);

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final HexFormat HEX = HexFormat.of();

    private final long a;
    private final long b;
    private final long c;
    private final long d;

    private Bytes32(long a, long b, long c, long d) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }

    /** Copies exactly 32 bytes; any other length is an {@link IllegalArgumentException}. */
    public static Bytes32 of(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a key has " + LENGTH + " bytes, not " + bytes.length);
        }
        return of(bytes, 0);
    }

    /** Copies 32 bytes from {@code offset}. */
    public static Bytes32 of(byte[] bytes, int offset) {
        return new Bytes32(
                (long) LONG.get(bytes, offset),
                (long) LONG.get(bytes, offset + 8),
                (long) LONG.get(bytes, offset + 16),
                (long) LONG.get(bytes, offset + 24));
    }

    /** Reads 64 hex digits of either case. */
    static Bytes32 fromHex(CharSequence text, int from, int to) {
        if (to - from != 2 * LENGTH) {
            throw new IllegalArgumentException("a key has " + 2 * LENGTH + " hex digits, not " + (to - from));
        }
        return of(HEX.parseHex(text, from, to));
    }

    public byte[] toArray() {
        byte[] bytes = new byte[LENGTH];
        LONG.set(bytes, 0, a);
        LONG.set(bytes, 8, b);
        LONG.set(bytes, 16, c);
        LONG.set(bytes, 24, d);
        return bytes;
    }

    public boolean isZero() {
        return (a | b | c | d) == 0;
    }

    public String toHex() {
        return HEX.formatHex(toArray());
    }

    /** Compares with four big-endian words, as they are read from a buffer. */
    public boolean equalsWords(long word0, long word1, long word2, long word3) {
        return a == word0 && b == word1 && c == word2 && d == word3;
    }

    /** Compares without a branch on the content. */
    public boolean equalsConstantTime(Bytes32 other) {
        return MessageDigest.isEqual(toArray(), other.toArray());
    }

    @Override
    public int compareTo(Bytes32 other) {
        return Arrays.compareUnsigned(toArray(), other.toArray());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes32 that && a == that.a && b == that.b && c == that.c && d == that.d;
    }

    @Override
    public int hashCode() {
        long mixed = a ^ Long.rotateLeft(b, 17) ^ Long.rotateLeft(c, 31) ^ Long.rotateLeft(d, 47);
        return Long.hashCode(mixed * 0x9E3779B97F4A7C15L);
    }

    @Override
    public String toString() {
        return toHex();
    }
}
