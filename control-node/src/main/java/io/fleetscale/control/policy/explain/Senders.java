package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.language.AddressSet;
import java.util.BitSet;
import java.util.Collection;

/**
 * Who is among the sources of a rule. The bit sets must not be changed.
 *
 * @param ipv4 groups by their IPv4 address
 * @param outside addresses that are no nodes', beside the tailnet's own ranges
 */
record Senders(BitSet ipv4, BitSet ipv6, AddressSet outside) {
    static final Senders NOBODY = new Senders(new BitSet(), new BitSet(), AddressSet.EMPTY);

    Senders plus(Senders other) {
        BitSet four = (BitSet) ipv4.clone();
        four.or(other.ipv4);
        BitSet six = (BitSet) ipv6.clone();
        six.or(other.ipv6);
        return new Senders(four, six, outside.plus(other.outside));
    }

    /** Those of one family. */
    OfFamily ofFamily(boolean isV6) {
        return new OfFamily(isV6 ? ipv6 : ipv4, outside(isV6));
    }

    private AddressSet outside(boolean isV6) {
        return outside.isEmpty()
                ? AddressSet.EMPTY
                : new AddressSet(outside.ranges().stream()
                        .filter(range -> range.first().isV6() == isV6)
                        .toList());
    }

    /** Those of one family who are among any. */
    static OfFamily union(Collection<Senders> all, boolean isV6) {
        if (all.size() == 1) {
            return all.iterator().next().ofFamily(isV6);
        }
        BitSet groups = new BitSet();
        AddressSet outside = AddressSet.EMPTY;
        for (Senders each : all) {
            groups.or(isV6 ? each.ipv6 : each.ipv4);
            if (!each.outside.isEmpty()) {
                outside = outside.plus(each.outside(isV6));
            }
        }
        return new OfFamily(groups, outside);
    }

    /** Those who can send to a destination of one family. */
    record OfFamily(BitSet groups, AddressSet outside) {
        OfFamily without(OfFamily other) {
            return new OfFamily(
                    Groups.without(groups, other.groups),
                    outside.isEmpty() || other.outside.isEmpty() ? outside : outside.minus(other.outside));
        }

        boolean isEmpty() {
            return groups.isEmpty() && outside.isEmpty();
        }
    }
}
