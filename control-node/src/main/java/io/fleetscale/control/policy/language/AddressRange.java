package io.fleetscale.control.policy.language;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;

/** All addresses from {@code first} to {@code last}, both included, of one family. */
public record AddressRange(IpAddress first, IpAddress last) implements Comparable<AddressRange> {
    public AddressRange {
        if (first.isV6() != last.isV6()) {
            throw new IllegalArgumentException(first + "-" + last + ": the two ends are of different families");
        }
        if (first.compareTo(last) > 0) {
            throw new IllegalArgumentException(first + "-" + last + ": the first address is above the last");
        }
    }

    public static AddressRange of(IpPrefix prefix) {
        return new AddressRange(prefix.masked().address(), prefix.last());
    }

    public static AddressRange of(IpAddress address) {
        return new AddressRange(address, address);
    }

    /**
     * Reads an address, a prefix or {@code a-b}.
     *
     * @throws IllegalArgumentException naming the text and what is wrong
     */
    public static AddressRange parse(String text) {
        int dash = text.indexOf('-');
        if (dash >= 0) {
            return new AddressRange(
                    IpAddress.parse(text.substring(0, dash)), IpAddress.parse(text.substring(dash + 1)));
        }
        return text.indexOf('/') >= 0 ? of(IpPrefix.parse(text)) : of(IpAddress.parse(text));
    }

    public boolean isSingle() {
        return first.equals(last);
    }

    public boolean contains(IpAddress address) {
        return first.compareTo(address) <= 0 && address.compareTo(last) <= 0;
    }

    public boolean overlaps(AddressRange other) {
        return first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
    }

    /** As filters show it: an address, a prefix where it is exactly one, else {@code a-b}. Source: policy 11.5. */
    @Override
    public String toString() {
        if (isSingle()) {
            return first.toString();
        }
        for (int bits = first.bitLength() - 1; bits >= 0; bits--) {
            IpPrefix prefix = new IpPrefix(first, bits);
            if (!prefix.masked().address().equals(first)) {
                break;
            }
            if (prefix.last().equals(last)) {
                return prefix.toString();
            }
        }
        return first + "-" + last;
    }

    @Override
    public int compareTo(AddressRange other) {
        int byFirst = first.compareTo(other.first);
        return byFirst != 0 ? byFirst : last.compareTo(other.last);
    }
}
