package io.fleetscale.control.policy.engine;

import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * A persistent sorted set of numbers in pages, so that a change copies one page and the list of pages. Immutable and
 * thread-safe.
 */
final class IdSet {
    static final IdSet EMPTY = new IdSet(new long[0][], 0);
    private static final int MAX_PAGE = 256;

    private final long[][] pages;
    private final int size;

    private IdSet(long[][] pages, int size) {
        this.pages = pages;
        this.size = size;
    }

    /** @param ids ascending, unique */
    static IdSet of(long[] ids, int count) {
        int half = MAX_PAGE / 2;
        long[][] pages = new long[(count + half - 1) / half][];
        for (int i = 0; i < pages.length; i++) {
            pages[i] = Arrays.copyOfRange(ids, i * half, Math.min(count, (i + 1) * half));
        }
        return new IdSet(pages, count);
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    boolean contains(long id) {
        int page = pageOf(id);
        return page >= 0 && Arrays.binarySearch(pages[page], id) >= 0;
    }

    void forEach(LongConsumer action) {
        for (long[] page : pages) {
            for (long id : page) {
                action.accept(id);
            }
        }
    }

    long[] toArray() {
        long[] all = new long[size];
        int at = 0;
        for (long[] page : pages) {
            System.arraycopy(page, 0, all, at, page.length);
            at += page.length;
        }
        return all;
    }

    IdSet plus(long id) {
        if (size == 0) {
            return new IdSet(new long[][] {{id}}, 1);
        }
        int page = Math.max(0, pageOf(id));
        int found = Arrays.binarySearch(pages[page], id);
        if (found >= 0) {
            return this;
        }
        long[] old = pages[page];
        int at = -found - 1;
        long[] grown = new long[old.length + 1];
        System.arraycopy(old, 0, grown, 0, at);
        grown[at] = id;
        System.arraycopy(old, at, grown, at + 1, old.length - at);
        if (grown.length <= MAX_PAGE) {
            return replaced(page, size + 1, grown);
        }
        // Numbers mostly grow: full pages stay behind the last one instead of being halved.
        int cut = at == old.length && page == pages.length - 1 ? old.length : grown.length / 2;
        return replaced(page, size + 1, Arrays.copyOf(grown, cut), Arrays.copyOfRange(grown, cut, grown.length));
    }

    IdSet minus(long id) {
        int page = pageOf(id);
        int found = page < 0 ? -1 : Arrays.binarySearch(pages[page], id);
        if (found < 0) {
            return this;
        }
        long[] old = pages[page];
        if (old.length == 1) {
            return replaced(page, size - 1);
        }
        long[] shrunk = new long[old.length - 1];
        System.arraycopy(old, 0, shrunk, 0, found);
        System.arraycopy(old, found + 1, shrunk, found, shrunk.length - found);
        return replaced(page, size - 1, shrunk);
    }

    private IdSet replaced(int page, int newSize, long[]... by) {
        long[][] next = new long[pages.length - 1 + by.length][];
        System.arraycopy(pages, 0, next, 0, page);
        System.arraycopy(by, 0, next, page, by.length);
        System.arraycopy(pages, page + 1, next, page + by.length, pages.length - page - 1);
        return new IdSet(next, newSize);
    }

    /** The page in whose range the number lies, or -1 before all. */
    private int pageOf(long id) {
        int low = 0;
        int high = pages.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (pages[middle][0] <= id) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }
}
