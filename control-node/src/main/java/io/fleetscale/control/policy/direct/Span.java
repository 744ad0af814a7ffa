package io.fleetscale.control.policy.direct;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;

/** The addresses from {@code first} to {@code last}, both included, of one family. */
record Span(IpAddress first, IpAddress last) {
    private static final Span ALL_V4 = of(IpPrefix.ALL_V4);
    private static final Span ALL_V6 = of(IpPrefix.ALL_V6);

    static Span of(IpAddress address) {
        return new Span(address, address);
    }

    static Span of(IpPrefix prefix) {
        return new Span(prefix.masked().address(), prefix.last());
    }

    /** What a text of a filter rule denotes: an address, a prefix, {@code a-b}, or {@code *} for both families. */
    static List<Span> parse(String text) {
        if (text.equals("*")) {
            return List.of(ALL_V4, ALL_V6);
        }
        int dash = text.indexOf('-');
        if (dash >= 0) {
            return List.of(
                    new Span(IpAddress.parse(text.substring(0, dash)), IpAddress.parse(text.substring(dash + 1))));
        }
        return List.of(text.contains("/") ? of(IpPrefix.parse(text)) : of(IpAddress.parse(text)));
    }

    boolean overlaps(Span other) {
        return first.isV6() == other.first.isV6()
                && first.compareTo(other.last) <= 0
                && other.first.compareTo(last) <= 0;
    }

    boolean contains(Span other) {
        return first.isV6() == other.first.isV6()
                && first.compareTo(other.first) <= 0
                && other.last.compareTo(last) <= 0;
    }

    /** The parts of this span outside the other one. */
    List<Span> minus(Span other) {
        if (!overlaps(other)) {
            return List.of(this);
        }
        List<Span> parts = new ArrayList<>();
        if (first.compareTo(other.first) < 0) {
            parts.add(new Span(first, before(other.first)));
        }
        if (last.compareTo(other.last) > 0) {
            parts.add(new Span(other.last.next(), last));
        }
        return parts;
    }

    private static IpAddress before(IpAddress address) {
        return address.isV6()
                ? IpAddress.v6(address.low() == 0 ? address.high() - 1 : address.high(), address.low() - 1)
                : IpAddress.v4(address.low() - 1);
    }

    /** The fewest prefixes that make up the span, ascending. */
    List<IpPrefix> prefixes() {
        List<IpPrefix> prefixes = new ArrayList<>();
        IpAddress next = first;
        while (true) {
            int bits = next.bitLength();
            while (bits > 0 && fits(new IpPrefix(next, bits - 1))) {
                bits--;
            }
            IpPrefix prefix = new IpPrefix(next, bits);
            prefixes.add(prefix);
            if (prefix.last().equals(last)) {
                return prefixes;
            }
            next = prefix.last().next();
        }
    }

    private boolean fits(IpPrefix prefix) {
        return prefix.masked().equals(prefix) && prefix.last().compareTo(last) <= 0;
    }

    /** An address, a prefix if it is exactly one, else {@code a-b}. */
    @Override
    public String toString() {
        if (first.equals(last)) {
            return first.toString();
        }
        List<IpPrefix> prefixes = prefixes();
        return prefixes.size() == 1 ? prefixes.getFirst().toString() : first + "-" + last;
    }
}
