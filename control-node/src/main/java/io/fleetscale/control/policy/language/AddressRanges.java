package io.fleetscale.control.policy.language;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A set of addresses as disjoint, non-adjacent ranges in ascending order, IPv4 first. Immutable. Source: policy 11.5. */
record AddressRanges(List<Range> ranges) {
    static final AddressRanges EMPTY = new AddressRanges(List.of());

    /** Ends included, of one family. */
    record Range(IpAddress first, IpAddress last) {
        Range {
            if (first.isV6() != last.isV6() || first.compareTo(last) > 0) {
                throw new IllegalArgumentException(first + "-" + last + ": the first address must not follow the last");
            }
        }

        /** An address, a prefix, or {@code a-b}. */
        static Range parse(String text) {
            int dash = text.indexOf('-');
            if (dash > 0) {
                return new Range(IpAddress.parse(text.substring(0, dash)), IpAddress.parse(text.substring(dash + 1)));
            }
            if (text.indexOf('/') > 0) {
                IpPrefix prefix = IpPrefix.parse(text).masked();
                return new Range(prefix.address(), prefix.last());
            }
            IpAddress address = IpAddress.parse(text);
            return new Range(address, address);
        }

        /** As rules name it: an address, a prefix, else a range. */
        String printed() {
            if (first.equals(last)) {
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
    }

    AddressRanges {
        ranges = List.copyOf(ranges);
    }

    static AddressRanges of(List<Range> unordered) {
        List<Range> sorted = new ArrayList<>(unordered);
        sorted.sort(Comparator.comparing((Range range) -> range.first().isV6()).thenComparing(Range::first));
        List<Range> merged = new ArrayList<>();
        for (Range range : sorted) {
            Range previous = merged.isEmpty() ? null : merged.getLast();
            if (previous != null && touches(previous, range)) {
                IpAddress last = previous.last().compareTo(range.last()) >= 0 ? previous.last() : range.last();
                merged.set(merged.size() - 1, new Range(previous.first(), last));
            } else {
                merged.add(range);
            }
        }
        return new AddressRanges(merged);
    }

    private static boolean touches(Range a, Range b) {
        return a.last().isV6() == b.first().isV6()
                && (a.last().compareTo(b.first()) >= 0 || a.last().next().equals(b.first()));
    }

    AddressRanges plus(AddressRanges other) {
        List<Range> both = new ArrayList<>(ranges);
        both.addAll(other.ranges);
        return of(both);
    }

    AddressRanges minus(AddressRanges other) {
        List<Range> left = new ArrayList<>();
        for (Range range : ranges) {
            IpAddress from = range.first();
            boolean exhausted = false;
            for (Range hole : other.ranges) {
                if (hole.first().isV6() != from.isV6()
                        || hole.last().compareTo(from) < 0
                        || hole.first().compareTo(range.last()) > 0) {
                    continue;
                }
                if (hole.first().compareTo(from) > 0) {
                    left.add(new Range(from, hole.first().previous()));
                }
                if (hole.last().compareTo(range.last()) >= 0) {
                    exhausted = true;
                    break;
                }
                from = hole.last().next();
            }
            if (!exhausted) {
                left.add(new Range(from, range.last()));
            }
        }
        return new AddressRanges(left);
    }

    boolean overlaps(Range range) {
        return ranges.stream()
                .anyMatch(own -> own.first().isV6() == range.first().isV6()
                        && own.first().compareTo(range.last()) <= 0
                        && range.first().compareTo(own.last()) <= 0);
    }

    List<String> printed() {
        return ranges.stream().map(Range::printed).toList();
    }
}
