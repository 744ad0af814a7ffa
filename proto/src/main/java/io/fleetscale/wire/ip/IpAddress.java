package io.fleetscale.wire.ip;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An IPv4 or IPv6 address without zone. IPv4 lives in the low 32 bits of {@code low}. Parsing follows netip.ParseAddr:
 * no leading zeros in IPv4, no lookups, no surrounding space. Ordered by family, then value.
 */
public record IpAddress(boolean isV6, long high, long low) implements Comparable<IpAddress> {
    public IpAddress {
        if (!isV6 && (high != 0 || (low >>> 32) != 0)) {
            throw new IllegalArgumentException("an IPv4 address has 32 bits");
        }
    }

    public static IpAddress v4(long bits) {
        return new IpAddress(false, 0, bits & 0xFFFFFFFFL);
    }

    public static IpAddress v6(long high, long low) {
        return new IpAddress(true, high, low);
    }

    /** Reads 4 or 16 bytes in network order. */
    public static IpAddress of(byte[] bytes) {
        return switch (bytes.length) {
            case 4 -> v4(bits(bytes, 0, 4));
            case 16 -> v6(bits(bytes, 0, 8), bits(bytes, 8, 8));
            default -> throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length);
        };
    }

    public static IpAddress of(InetAddress address) {
        return of(address.getAddress());
    }

    /**
     * @throws IllegalArgumentException naming the text and what is wrong
     */
    public static IpAddress parse(String text) {
        return IpText.parseAddress(text);
    }

    /** 32 or 128. */
    public int bitLength() {
        return isV6 ? 128 : 32;
    }

    public byte[] toBytes() {
        byte[] bytes = new byte[isV6 ? 16 : 4];
        if (isV6) {
            for (int i = 0; i < 8; i++) {
                bytes[i] = (byte) (high >>> (56 - 8 * i));
                bytes[8 + i] = (byte) (low >>> (56 - 8 * i));
            }
        } else {
            for (int i = 0; i < 4; i++) {
                bytes[i] = (byte) (low >>> (24 - 8 * i));
            }
        }
        return bytes;
    }

    public InetAddress toInetAddress() {
        try {
            return InetAddress.getByAddress(toBytes());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }

    /** An IPv4-mapped IPv6 address ({@code ::ffff:a.b.c.d}) becomes the IPv4 address; any other is returned as it is. */
    public IpAddress unmap() {
        return isV6 && high == 0 && (low >>> 32) == 0xFFFFL ? v4(low) : this;
    }

    /** The address that follows, wrapping at the end of the family. */
    public IpAddress next() {
        if (!isV6) {
            return v4(low + 1);
        }
        return v6(low == -1L ? high + 1 : high, low + 1);
    }

    /** The address before, wrapping at the start of the family. */
    public IpAddress previous() {
        if (!isV6) {
            return v4(low - 1);
        }
        return v6(low == 0 ? high - 1 : high, low - 1);
    }

    public boolean isLinkLocal() {
        return isV6 ? (high >>> 54) == 0x3FAL : (low >>> 16) == 0xA9FEL;
    }

    public boolean isLoopback() {
        return isV6 ? high == 0 && low == 1 : (low >>> 24) == 127;
    }

    /** RFC 1918 and RFC 4193. */
    public boolean isPrivate() {
        if (isV6) {
            return (high >>> 57) == 0x7EL;
        }
        return (low >>> 24) == 10 || (low >>> 20) == 0xAC1 || (low >>> 16) == 0xC0A8;
    }

    @Override
    public int compareTo(IpAddress other) {
        if (isV6 != other.isV6) {
            return isV6 ? 1 : -1;
        }
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        return IpText.format(this);
    }

    private static long bits(byte[] bytes, int from, int count) {
        long value = 0;
        for (int i = from; i < from + count; i++) {
            value = value << 8 | (bytes[i] & 0xFF);
        }
        return value;
    }
}
