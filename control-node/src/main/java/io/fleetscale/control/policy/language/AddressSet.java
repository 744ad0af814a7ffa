package io.fleetscale.control.policy.language;

import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * A set of addresses of both families. Operations are linear in the number of ranges, membership is a binary search. Source:
 * policy 11.5.
 *
 * @param ranges ascending, apart from each other: neither overlapping nor adjacent
 */
public record AddressSet(List<AddressRange> ranges) {
    public static final AddressSet EMPTY = new AddressSet(List.of());

    /** Any address. */
    public static final AddressSet ALL = of(List.of(AddressRange.parse("0.0.0.0/0"), AddressRange.parse("::/0")));

    /**
     * What {@code autogroup:internet} means: the public addresses. Source: policy 2.3.
     */
    public static final AddressSet INTERNET = of(List.of(
            AddressRange.parse("0.0.0.0-9.255.255.255"),
            AddressRange.parse("11.0.0.0-100.63.255.255"),
            AddressRange.parse("100.128.0.0-169.253.255.255"),
            AddressRange.parse("169.255.0.0-172.15.255.255"),
            AddressRange.parse("172.32.0.0-192.167.255.255"),
            AddressRange.parse("192.169.0.0-255.255.255.255"),
            AddressRange.parse("2000::/3")));

    /** The addresses that nodes can have, as {@code *} means them as a source. Source: policy 2.3. */
    public static final AddressSet TAILNET = of(List.of(
            AddressRange.parse("100.64.0.0-100.115.91.255"),
            AddressRange.parse("100.115.94.0-100.127.255.255"),
            AddressRange.parse("fd7a:115c:a1e0::/48")));

    public AddressSet {
        ranges = List.copyOf(ranges);
    }

    /** The union of ranges in any order. */
    public static AddressSet of(Collection<AddressRange> ranges) {
        AddressRange[] sorted = ranges.toArray(AddressRange[]::new);
        Arrays.sort(sorted);
        List<AddressRange> joined = new ArrayList<>(sorted.length);
        for (AddressRange range : sorted) {
            int end = joined.size() - 1;
            AddressRange before = end < 0 ? null : joined.get(end);
            if (before != null && touches(before, range)) {
                if (range.last().compareTo(before.last()) > 0) {
                    joined.set(end, new AddressRange(before.first(), range.last()));
                }
            } else {
                joined.add(range);
            }
        }
        return joined.isEmpty() ? EMPTY : new AddressSet(joined);
    }

    public static AddressSet of(AddressRange range) {
        return new AddressSet(List.of(range));
    }

    public static AddressSet ofAddresses(Collection<IpAddress> addresses) {
        return of(addresses.stream().map(AddressRange::of).toList());
    }

    private static boolean touches(AddressRange before, AddressRange after) {
        if (before.last().isV6() != after.first().isV6()) {
            return false;
        }
        IpAddress next = before.last().next();
        // A wrap: nothing follows the last address of a family.
        boolean wrapped = next.compareTo(before.last()) < 0;
        return wrapped || after.first().compareTo(next) <= 0;
    }

    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** Whether this is exactly one address. */
    public boolean isSingle() {
        return ranges.size() == 1 && ranges.getFirst().isSingle();
    }

    public AddressSet plus(AddressSet other) {
        if (other.isEmpty()) {
            return this;
        }
        if (isEmpty()) {
            return other;
        }
        List<AddressRange> all = new ArrayList<>(ranges);
        all.addAll(other.ranges);
        return of(all);
    }

    public AddressSet minus(AddressSet other) {
        List<AddressRange> rest = new ArrayList<>();
        int from = 0;
        for (AddressRange range : ranges) {
            while (from < other.ranges.size() && other.ranges.get(from).last().compareTo(range.first()) < 0) {
                from++;
            }
            IpAddress start = range.first();
            boolean used = false;
            for (int i = from; i < other.ranges.size(); i++) {
                AddressRange cut = other.ranges.get(i);
                if (cut.first().compareTo(range.last()) > 0) {
                    break;
                }
                if (cut.first().compareTo(start) > 0) {
                    rest.add(new AddressRange(start, cut.first().previous()));
                }
                if (cut.last().compareTo(range.last()) >= 0) {
                    used = true;
                    break;
                }
                start = cut.last().next();
            }
            if (!used) {
                rest.add(new AddressRange(start, range.last()));
            }
        }
        return rest.isEmpty() ? EMPTY : new AddressSet(rest);
    }

    public AddressSet intersect(AddressSet other) {
        List<AddressRange> both = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < ranges.size() && j < other.ranges.size()) {
            AddressRange one = ranges.get(i);
            AddressRange two = other.ranges.get(j);
            if (one.overlaps(two)) {
                both.add(new AddressRange(
                        one.first().compareTo(two.first()) >= 0 ? one.first() : two.first(),
                        one.last().compareTo(two.last()) <= 0 ? one.last() : two.last()));
            }
            if (one.last().compareTo(two.last()) < 0) {
                i++;
            } else {
                j++;
            }
        }
        return both.isEmpty() ? EMPTY : new AddressSet(both);
    }

    public boolean contains(IpAddress address) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            AddressRange range = ranges.get(middle);
            if (range.last().compareTo(address) < 0) {
                low = middle + 1;
            } else if (range.first().compareTo(address) > 0) {
                high = middle - 1;
            } else {
                return true;
            }
        }
        return false;
    }

    public boolean containsAll(AddressSet other) {
        return other.minus(this).isEmpty();
    }

    public boolean overlaps(AddressSet other) {
        int i = 0;
        int j = 0;
        while (i < ranges.size() && j < other.ranges.size()) {
            if (ranges.get(i).overlaps(other.ranges.get(j))) {
                return true;
            }
            if (ranges.get(i).last().compareTo(other.ranges.get(j).last()) < 0) {
                i++;
            } else {
                j++;
            }
        }
        return false;
    }
}
