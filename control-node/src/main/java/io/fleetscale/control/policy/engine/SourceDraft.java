package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;

/**
 * The source sets of the next tables, and which of them print the same: rules of such sources are merged. Confined to one
 * thread. Source: policy 3.6, 11.6.
 */
final class SourceDraft {
    private final PolicyTables.Shared shared;
    private final Program program;
    private final SourceWork work;
    private final long stamp;
    private SourceSet[] sources;
    private long mergeStamp;
    private HashPMap<Fingerprint, Ints> same;

    /** For {@link #makeAll}. */
    SourceDraft(PolicyTables.Shared shared) {
        this.shared = shared;
        this.program = shared.program();
        this.work = new SourceWork(shared);
        this.stamp = 1;
        this.sources = new SourceSet[program.exprs().size()];
        this.same = HashTreePMap.empty();
    }

    /** For {@link #update}. */
    SourceDraft(PolicyTables.Shared shared, PolicyTables before, long stamp) {
        this.shared = shared;
        this.program = shared.program();
        this.work = new SourceWork(shared);
        this.stamp = stamp;
        this.sources = before.sources();
        this.mergeStamp = before.mergeStamp();
        this.same = before.sameSources();
    }

    SourceSet[] sources() {
        return sources;
    }

    /** When it last changed which sources print the same. */
    long mergeStamp() {
        return mergeStamp;
    }

    /** By what they print. */
    HashPMap<Fingerprint, Ints> sameSources() {
        return same;
    }

    void makeAll(ClassState[] classes, LongTable<NodeState> nodes, Collection<IpPrefix> routes) {
        for (SourceExpr expr : program.exprs()) {
            sources[expr.id()] = work.make(expr, classes, nodes, routes);
            remember(expr.id());
        }
    }

    /**
     * Follows nodes that came and went.
     *
     * @param otherRoutes whether the routes that {@code *} prints are others now
     * @param filtered told the classes whose packet filter has a rule of a set that changed
     */
    @SuppressWarnings("ReferenceEquality") // what did not change is the same object
    void update(
            EnginePolicy before,
            List<NodeState> came,
            List<NodeState> went,
            boolean otherRoutes,
            ClassState[] classes,
            LongTable<NodeState> nodes,
            Collection<IpPrefix> routes,
            long[] filtered) {
        Map<Integer, SourceWork.Difference> differences = new TreeMap<>();
        work.differences(came, went, differences);
        if (otherRoutes) {
            for (int expr : program.exprsOfAny()) {
                differences.computeIfAbsent(expr, absent -> new SourceWork.Difference());
            }
        }
        Set<Integer> affected = new LinkedHashSet<>();
        differences.forEach((id, difference) -> {
            SourceExpr expr = program.expr(id);
            SourceSet was = sources[id];
            SourceSet now = work.change(
                    expr,
                    was,
                    difference,
                    otherRoutes && expr.any(),
                    before,
                    () -> work.make(expr, classes, nodes, routes),
                    routes);
            if (now == was) {
                return;
            }
            if (sources == before.tables().sources()) {
                sources = sources.clone();
            }
            sources[id] = now;
            affected.add(id);
        });
        if (!shared.inBuckets()) {
            regroup(before, affected);
        }
        for (int id : affected) {
            Bits.or(filtered, shared.table().filteredBy(program.expr(id), classes.length));
        }
    }

    /** Rules of other sources are merged with those of the changed ones, or no more. */
    private void regroup(EnginePolicy before, Set<Integer> affected) {
        Set<Integer> others = new LinkedHashSet<>();
        for (int id : affected) {
            Fingerprint was = before.tables().sources()[id].fingerprint();
            Ints left = same.get(was);
            if (left != null && left.has(id)) {
                Ints rest = without(left, id);
                same = rest.isEmpty() ? same.minus(was) : same.plus(was, rest);
                Arrays.stream(rest.values()).forEach(others::add);
            }
        }
        for (int id : affected) {
            remember(id);
            Ints now = same.get(sources[id].fingerprint());
            if (now != null) {
                Arrays.stream(now.values()).forEach(others::add);
            }
        }
        if (!affected.isEmpty()) {
            mergeStamp = stamp;
        }
        affected.addAll(others);
    }

    private void remember(int expr) {
        SourceSet set = sources[expr];
        if (!shared.inBuckets() && !set.isEmpty()) {
            Ints known = same.get(set.fingerprint());
            same = same.plus(set.fingerprint(), with(known == null ? Ints.EMPTY : known, expr));
        }
    }

    private static Ints with(Ints numbers, int number) {
        int[] next = Arrays.copyOf(numbers.values(), numbers.values().length + 1);
        next[next.length - 1] = number;
        Arrays.sort(next);
        return new Ints(next);
    }

    private static Ints without(Ints numbers, int number) {
        return new Ints(Arrays.stream(numbers.values()).filter(n -> n != number).toArray());
    }
}
