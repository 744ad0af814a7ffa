package io.fleetscale.loadtest.consistency;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether a short history of a register is linearizable, by trying every order that time allows (Wing and Gong), with a memory
 * of what failed. At most 30 operations.
 */
final class ExhaustiveSearch {
    private final List<Operation> history;
    private final Set<String> failed = new HashSet<>();

    private ExhaustiveSearch(List<Operation> history) {
        this.history = history;
    }

    static boolean isLinearizable(String initial, List<Operation> history) {
        if (history.size() > 30) {
            throw new IllegalArgumentException("too long: " + history.size());
        }
        return new ExhaustiveSearch(new ArrayList<>(history)).search(0, initial);
    }

    /** @param done bit set of operations that have taken effect */
    private boolean search(int done, String value) {
        long firstReturn = Long.MAX_VALUE;
        boolean complete = true;
        for (int i = 0; i < history.size(); i++) {
            if ((done & 1 << i) == 0) {
                firstReturn = Math.min(firstReturn, history.get(i).returnedNanos());
                complete &= history.get(i).returnedNanos() == Operation.NEVER;
            }
        }
        if (complete) {
            return true;
        }
        if (!failed.add(done + " " + value)) {
            return false;
        }
        for (int i = 0; i < history.size(); i++) {
            Operation next = history.get(i);
            // an operation can be the next one if none that is still to come had returned before it began
            if ((done & 1 << i) == 0 && next.invokedNanos() <= firstReturn) {
                if (next.isWrite()
                        ? search(done | 1 << i, next.value())
                        : next.value().equals(value) && search(done | 1 << i, value)) {
                    return true;
                }
            }
        }
        return false;
    }
}
