package io.fleetscale.control.policy.engine;

import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Answers which of many spans overlap a given one, in O(log n + hits): spans sorted by their first address in an implicit
 * balanced tree whose inner places know the greatest last address below them. Immutable and thread-safe.
 */
final class SpanIndex {
    private static final int[] NONE = {};

    private final Family v4;
    private final Family v6;

    /** @param spans the number of a span is its place here */
    SpanIndex(List<Span> spans) {
        this.v4 = new Family(spans, false);
        this.v6 = new Family(spans, true);
    }

    /** The numbers of the spans that hold the address, ascending. */
    int[] holding(IpAddress address) {
        return overlapping(Span.of(address));
    }

    /** The numbers of the spans that share an address with this one, ascending. */
    int[] overlapping(Span span) {
        return (span.isV6() ? v6 : v4).overlapping(span);
    }

    private static final class Family {
        private final Span[] spans;
        private final int[] numbers;
        private final IpAddress[] greatest;

        Family(List<Span> all, boolean six) {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                if (all.get(i).isV6() == six) {
                    order.add(i);
                }
            }
            order.sort(Comparator.comparing((Integer i) -> all.get(i).first()).thenComparing(i -> i));
            spans = new Span[order.size()];
            numbers = new int[order.size()];
            greatest = new IpAddress[order.size()];
            for (int i = 0; i < spans.length; i++) {
                numbers[i] = order.get(i);
                spans[i] = all.get(numbers[i]);
            }
            fill(0, spans.length);
        }

        private void fill(int from, int to) {
            if (from >= to) {
                return;
            }
            int middle = (from + to) >>> 1;
            fill(from, middle);
            fill(middle + 1, to);
            IpAddress max = spans[middle].last();
            max = later(max, from, middle);
            greatest[middle] = later(max, middle + 1, to);
        }

        private IpAddress later(IpAddress max, int from, int to) {
            if (from >= to) {
                return max;
            }
            IpAddress other = greatest[(from + to) >>> 1];
            return other.compareTo(max) > 0 ? other : max;
        }

        int[] overlapping(Span wanted) {
            if (spans.length == 0) {
                return NONE;
            }
            Hits hits = new Hits();
            collect(0, spans.length, wanted, hits);
            return hits.sorted();
        }

        private void collect(int from, int to, Span wanted, Hits hits) {
            if (from >= to) {
                return;
            }
            int middle = (from + to) >>> 1;
            if (greatest[middle].compareTo(wanted.first()) < 0) {
                return;
            }
            collect(from, middle, wanted, hits);
            Span span = spans[middle];
            if (span.first().compareTo(wanted.last()) > 0) {
                return;
            }
            if (span.last().compareTo(wanted.first()) >= 0) {
                hits.add(numbers[middle]);
            }
            collect(middle + 1, to, wanted, hits);
        }
    }

    private static final class Hits {
        private int[] found = NONE;
        private int count;

        void add(int number) {
            if (count == found.length) {
                found = Arrays.copyOf(found, Math.max(8, 2 * count));
            }
            found[count++] = number;
        }

        int[] sorted() {
            if (count == 0) {
                return NONE;
            }
            int[] hits = Arrays.copyOf(found, count);
            Arrays.sort(hits);
            return hits;
        }
    }
}
