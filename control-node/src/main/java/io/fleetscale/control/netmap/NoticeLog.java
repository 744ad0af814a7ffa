package io.fleetscale.control.netmap;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The latest changes of what one visibility class sees, in order: a bounded ring that grows with its use. A session needs no
 * queue of its own, only the number up to which it was told. Thread-safe.
 */
final class NoticeLog {
    static final int MAX_ENTRIES = 1 << 14;
    private static final int FIRST_CAPACITY = 32;

    private long[] numbers = new long[FIRST_CAPACITY];
    private long[] subjects = new long[FIRST_CAPACITY];
    private int[] aspects = new int[FIRST_CAPACITY];
    private int start;
    private int count;
    private long forgotten;

    /** @param forgotten number before the first one that will be kept */
    NoticeLog(long forgotten) {
        this.forgotten = forgotten;
    }

    /** @param subject number of a node, 0 for all, or the negated number of a user */
    synchronized void append(long number, long subject, int aspect) {
        if (count == numbers.length) {
            if (count < MAX_ENTRIES) {
                grow();
            } else {
                forgotten = numbers[start];
                start = (start + 1) % numbers.length;
                count--;
            }
        }
        int at = (start + count) % numbers.length;
        numbers[at] = number;
        subjects[at] = subject;
        aspects[at] = aspect;
        count++;
    }

    /** The merged notices after {@code from} up to {@code to}, or null if some were forgotten. */
    synchronized @Nullable Merged merge(long from, long to) {
        if (from < forgotten) {
            return null;
        }
        int first = firstAfter(from);
        int last = firstAfter(to);
        long[] found = new long[last - first];
        for (int i = first; i < last; i++) {
            found[i - first] = subjects[(start + i) % subjects.length];
        }
        long[] sorted = Arrays.stream(found).sorted().distinct().toArray();
        int[] joined = new int[sorted.length];
        for (int i = first; i < last; i++) {
            int at = (start + i) % subjects.length;
            joined[Arrays.binarySearch(sorted, subjects[at])] |= aspects[at];
        }
        return new Merged(sorted, joined);
    }

    private int firstAfter(long number) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (numbers[(start + middle) % numbers.length] <= number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void grow() {
        int capacity = numbers.length * 2;
        long[] newNumbers = new long[capacity];
        long[] newSubjects = new long[capacity];
        int[] newAspects = new int[capacity];
        for (int i = 0; i < count; i++) {
            int at = (start + i) % numbers.length;
            newNumbers[i] = numbers[at];
            newSubjects[i] = subjects[at];
            newAspects[i] = aspects[at];
        }
        numbers = newNumbers;
        subjects = newSubjects;
        aspects = newAspects;
        start = 0;
    }

    /** Subjects in ascending order and what happened to each. */
    static final class Merged {
        final long[] subjects;
        final int[] aspects;

        Merged(long[] subjects, int[] aspects) {
            this.subjects = subjects;
            this.aspects = aspects;
        }

        boolean isEmpty() {
            return subjects.length == 0;
        }

        int of(long subject) {
            int at = Arrays.binarySearch(subjects, subject);
            return at < 0 ? 0 : aspects[at];
        }
    }
}
