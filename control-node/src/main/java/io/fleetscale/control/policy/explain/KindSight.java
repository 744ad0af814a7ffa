package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.CompiledPolicy;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Who sees whom in two policies, rules about a user's own nodes aside: counted by pairs of kinds, see
 * {@link CompiledPolicy#kindOf}. Not thread-safe.
 */
final class KindSight {
    private final CompiledPolicy before;
    private final CompiledPolicy after;
    private final List<Pair> pairs = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private final Map<Integer, BitSet> seenBefore = new HashMap<>();
    private final Map<Integer, BitSet> seenAfter = new HashMap<>();
    private long gained;
    private long lost;

    /** The kinds of a node in both policies. */
    private record Pair(int before, int after) {}

    KindSight(List<Groups.Group> groups, CompiledPolicy before, CompiledPolicy after) {
        this.before = before;
        this.after = after;
        Map<Pair, Integer> nodes = new LinkedHashMap<>();
        for (Groups.Group group : groups) {
            nodes.merge(pairOf(group), group.nodes().size(), Integer::sum);
        }
        nodes.forEach((pair, size) -> {
            pairs.add(pair);
            sizes.add(size);
        });
        count();
    }

    private Pair pairOf(Groups.Group group) {
        return new Pair(before.kindOf(group.before()), after.kindOf(group.after()));
    }

    private void count() {
        Map<Integer, BitSet> was = seenPairs(seenBefore, before, Pair::before);
        Map<Integer, BitSet> is = seenPairs(seenAfter, after, Pair::after);
        for (int i = 0; i < pairs.size(); i++) {
            BitSet old = was.getOrDefault(pairs.get(i).before(), new BitSet());
            BitSet now = is.getOrDefault(pairs.get(i).after(), new BitSet());
            gained += nodePairs(i, Groups.without(now, old));
            lost += nodePairs(i, Groups.without(old, now));
        }
    }

    private long nodePairs(int pair, BitSet others) {
        long nodes = others.get(pair) ? -1 : 0;
        for (int i = others.nextSetBit(0); i >= 0; i = others.nextSetBit(i + 1)) {
            nodes += sizes.get(i);
        }
        return sizes.get(pair) * nodes;
    }

    /** By kind, the places of the pairs that it sees. */
    private Map<Integer, BitSet> seenPairs(
            Map<Integer, BitSet> seen, CompiledPolicy policy, ToIntFunction<Pair> kindOf) {
        Map<Integer, BitSet> members = new HashMap<>();
        for (int i = 0; i < pairs.size(); i++) {
            members.computeIfAbsent(kindOf.applyAsInt(pairs.get(i)), absent -> new BitSet())
                    .set(i);
        }
        Map<Integer, BitSet> found = new HashMap<>();
        members.keySet().forEach(kind -> {
            BitSet places = new BitSet(pairs.size());
            BitSet kinds = policy.kindsSeenBy(kind);
            seen.put(kind, kinds);
            for (int other = kinds.nextSetBit(0); other >= 0; other = kinds.nextSetBit(other + 1)) {
                BitSet of = members.get(other);
                if (of != null) {
                    for (int i = of.nextSetBit(0); i >= 0; i = of.nextSetBit(i + 1)) {
                        places.set(i);
                    }
                }
            }
            found.put(kind, places);
        });
        return found;
    }

    /** Ordered pairs of different nodes. */
    long gained() {
        return gained;
    }

    long lost() {
        return lost;
    }

    /** Whether nodes of these groups see each other under the former policy. */
    boolean before(Groups.Group one, Groups.Group other) {
        return seenBefore
                .getOrDefault(before.kindOf(one.before()), new BitSet())
                .get(before.kindOf(other.before()));
    }

    boolean after(Groups.Group one, Groups.Group other) {
        return seenAfter.getOrDefault(after.kindOf(one.after()), new BitSet()).get(after.kindOf(other.after()));
    }
}
