package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;

/** A closed interval of addresses of one family. */
record Span(IpAddress first, IpAddress last) {
    Span {
        if (first.isV6() != last.isV6() || first.compareTo(last) > 0) {
            throw new IllegalArgumentException(first + "-" + last + ": the first address must not follow the last");
        }
    }

    static Span of(IpPrefix prefix) {
        return new Span(prefix.masked().address(), prefix.last());
    }

    static Span of(IpAddress address) {
        return new Span(address, address);
    }

    /** Reads an address, a prefix or {@code a-b}. */
    static Span parse(String text) {
        int dash = text.indexOf('-');
        if (dash > 0) {
            return new Span(IpAddress.parse(text.substring(0, dash)), IpAddress.parse(text.substring(dash + 1)));
        }
        return text.indexOf('/') > 0 ? of(IpPrefix.parse(text)) : of(IpAddress.parse(text));
    }

    /** The fewest prefixes that cover exactly this span, ascending. */
    List<IpPrefix> prefixes() {
        List<IpPrefix> prefixes = new ArrayList<>();
        IpAddress from = first;
        while (true) {
            IpPrefix prefix = IpPrefix.single(from);
            while (prefix.bits() > 0) {
                IpPrefix wider = new IpPrefix(from, prefix.bits() - 1);
                if (!wider.masked().address().equals(from) || wider.last().compareTo(last) > 0) {
                    break;
                }
                prefix = wider;
            }
            prefixes.add(prefix);
            if (prefix.last().equals(last)) {
                return prefixes;
            }
            from = prefix.last().next();
        }
    }

    boolean isV6() {
        return first.isV6();
    }

    boolean contains(IpAddress address) {
        return address.isV6() == isV6() && first.compareTo(address) <= 0 && address.compareTo(last) <= 0;
    }

    boolean contains(Span other) {
        return other.isV6() == isV6() && first.compareTo(other.first) <= 0 && other.last.compareTo(last) <= 0;
    }

    boolean overlaps(Span other) {
        return other.isV6() == isV6() && first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
    }
}
