package io.fleetscale.config;

import java.util.Collection;
import java.util.Optional;

/** Finds the known name that a misspelt one probably means: the smallest edit distance, if it is small enough. */
public final class NearestName {
    private static final int LONGEST_NAME = 100;

    private NearestName() {}

    /**
     * The nearest of {@code known}, or empty when none resembles {@code name}. A name that ends with the whole of
     * {@code name} ({@code region_id} for {@code derp.server.region_id}) counts as near.
     */
    public static Optional<String> of(String name, Collection<String> known) {
        if (name.length() > LONGEST_NAME) {
            return Optional.empty();
        }
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        if (best != null && bestDistance <= Math.max(2, name.length() / 3)) {
            return Optional.of(best);
        }
        String last = name.substring(name.lastIndexOf('.') + 1);
        return known.stream()
                .filter(candidate -> candidate.endsWith("." + last) || candidate.equals(last))
                .findFirst();
    }

    /** Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other. */
    private static int distance(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + cost);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            int[] free = beforeLast;
            beforeLast = last;
            last = row;
            row = free;
        }
        return last[b.length()];
    }
}
