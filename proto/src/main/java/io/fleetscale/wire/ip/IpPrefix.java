package io.fleetscale.wire.ip;

/**
 * An address and a prefix length; host bits are kept as given, as netip.Prefix keeps them. Ordered by family, address,
 * then length.
 */
public record IpPrefix(IpAddress address, int bits) implements Comparable<IpPrefix> {
    public static final IpPrefix ALL_V4 = new IpPrefix(IpAddress.v4(0), 0);
    public static final IpPrefix ALL_V6 = new IpPrefix(IpAddress.v6(0, 0), 0);

    public IpPrefix {
        if (bits < 0 || bits > address.bitLength()) {
            throw new IllegalArgumentException(
                    address + "/" + bits + ": prefix length must be 0.." + address.bitLength());
        }
    }

    /** The prefix that holds only this address. */
    public static IpPrefix single(IpAddress address) {
        return new IpPrefix(address, address.bitLength());
    }

    /**
     * Reads {@code address/length}; the length has no sign and no leading zero.
     *
     * @throws IllegalArgumentException naming the text and what is wrong
     */
    public static IpPrefix parse(String text) {
        int slash = text.lastIndexOf('/');
        if (slash < 0) {
            throw IpText.bad(text, "no '/'");
        }
        IpAddress address = IpAddress.parse(text.substring(0, slash));
        String length = text.substring(slash + 1);
        if (length.isEmpty()
                || length.length() > 3
                || length.length() > 1 && length.charAt(0) == '0'
                || !length.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw IpText.bad(text, "bad bits after slash");
        }
        int bits = Integer.parseInt(length);
        if (bits > address.bitLength()) {
            throw IpText.bad(text, "prefix length must be 0.." + address.bitLength());
        }
        return new IpPrefix(address, bits);
    }

    public boolean isV6() {
        return address.isV6();
    }

    /** Whether this is 0.0.0.0/0 or ::/0. */
    public boolean isAll() {
        return bits == 0;
    }

    public boolean isSingle() {
        return bits == address.bitLength();
    }

    /** The same prefix with all host bits zero. */
    public IpPrefix masked() {
        if (!address.isV6()) {
            long mask = bits == 0 ? 0 : -1L << (32 - bits);
            return new IpPrefix(IpAddress.v4(address.low() & mask), bits);
        }
        long highMask = bits == 0 ? 0 : bits >= 64 ? -1L : -1L << (64 - bits);
        long lowMask = bits <= 64 ? 0 : bits == 128 ? -1L : -1L << (128 - bits);
        return new IpPrefix(IpAddress.v6(address.high() & highMask, address.low() & lowMask), bits);
    }

    public boolean contains(IpAddress other) {
        return other.isV6() == address.isV6()
                && new IpPrefix(other, bits).masked().address().equals(masked().address());
    }

    /** Whether every address of {@code other} lies in this prefix. */
    public boolean contains(IpPrefix other) {
        return other.bits >= bits && contains(other.address);
    }

    public boolean overlaps(IpPrefix other) {
        return contains(other.address) && bits <= other.bits || other.contains(address) && other.bits <= bits;
    }

    /** The highest address of the prefix. */
    public IpAddress last() {
        IpPrefix base = masked();
        if (!isV6()) {
            long host = bits == 32 ? 0 : 0xFFFFFFFFL >>> bits;
            return IpAddress.v4(base.address.low() | host);
        }
        long highHost = bits >= 64 ? 0 : -1L >>> bits;
        long lowHost = bits == 128 ? 0 : bits <= 64 ? -1L : -1L >>> (bits - 64);
        return IpAddress.v6(base.address.high() | highHost, base.address.low() | lowHost);
    }

    @Override
    public int compareTo(IpPrefix other) {
        if (isV6() != other.isV6()) {
            return isV6() ? 1 : -1;
        }
        int byAddress = address.compareTo(other.address);
        return byAddress != 0 ? byAddress : Integer.compare(bits, other.bits);
    }

    @Override
    public String toString() {
        return address + "/" + bits;
    }
}
