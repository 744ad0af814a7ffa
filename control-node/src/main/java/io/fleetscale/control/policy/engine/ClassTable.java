package io.fleetscale.control.policy.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The classes of a program and who of them sees whom. It only grows: what it says of two classes holds for ever, whatever
 * their members are. One thread adds classes; others may ask about those whose numbers they were told. Source: policy 11.3,
 * 11.8.
 */
final class ClassTable {
    private static final NodeClass[] NO_CLASSES = {};

    private final Program program;
    private final Map<ClassKey, NodeClass> byKey = new HashMap<>();
    private final GrowingSet all = new GrowingSet();
    private final GrowingSet exits = new GrowingSet();
    /** By token: whose own address or identity it is. */
    private final Map<Integer, GrowingSet> held = new ConcurrentHashMap<>();
    /** By token of a literal: whose subnet routes it overlaps. */
    private final Map<Integer, GrowingSet> overlapped = new ConcurrentHashMap<>();

    /** By token of a literal: who serves a service at one of its addresses. */
    private final Map<Integer, GrowingSet> served = new ConcurrentHashMap<>();

    private final GrowingSet routers = new GrowingSet();
    private final @Nullable Targets[] targets;
    private final Map<Long, RouteAccess> access = new ConcurrentHashMap<>();
    private volatile NodeClass[] classes = NO_CLASSES;
    private volatile int count;
    /** The row of a class has a bit for each class up to itself: a triangle, since seeing is mutual. */
    private volatile long[][] rows = new long[0][];

    ClassTable(Program program) {
        this.program = program;
        this.targets = new Targets[program.exprs().size()];
    }

    /**
     * Routes of a peer class that a viewer class may use, by place, whether its default routes are among them, and addresses of
     * services, by place.
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record RouteAccess(long[] routes, boolean exit, long[] services) {}

    /** What the rules of one source expression lead to. */
    private static final class Targets {
        boolean any;
        boolean internet;
        final List<Integer> packetTokens = new ArrayList<>();
        final List<Integer> appTokens = new ArrayList<>();
        final List<SourceExpr> places = new ArrayList<>();
    }

    Program program() {
        return program;
    }

    int size() {
        return count;
    }

    NodeClass get(int number) {
        return classes[number];
    }

    /** The class of a key; made if it is the first of its kind. */
    NodeClass classOf(ClassKey key) {
        NodeClass known = byKey.get(key);
        return known == null ? add(key) : known;
    }

    private NodeClass add(ClassKey key) {
        int number = count;
        NodeClass added = new NodeClass(program, number, key);
        NodeClass[] next = classes;
        if (number == next.length) {
            next = Arrays.copyOf(next, Math.max(16, number * 3 / 2));
        }
        next[number] = added;
        classes = next;
        all.add(number);
        if (added.isExit()) {
            exits.add(number);
        }
        if (!added.routes().isEmpty()) {
            routers.add(number);
        }
        for (int token : key.identity().values()) {
            put(held, token, number);
        }
        for (int token : added.held()) {
            put(held, token, number);
        }
        for (int token : added.overlapped()) {
            put(overlapped, token, number);
        }
        for (int token : added.served()) {
            put(served, token, number);
        }
        long[][] grown = rows;
        if (number == grown.length) {
            grown = Arrays.copyOf(grown, Math.max(16, number * 3 / 2));
        }
        grown[number] = rowOf(added);
        rows = grown;
        count = number + 1;
        byKey.put(key, added);
        return added;
    }

    private static void put(Map<Integer, GrowingSet> sets, int token, int number) {
        sets.computeIfAbsent(token, absent -> new GrowingSet()).add(number);
    }

    private long[] rowOf(NodeClass added) {
        long[] row = Bits.upTo(added.number() + 1);
        long[] tokens = Bits.upTo(program.tokenCount());
        long[] appTokens = Bits.upTo(program.tokenCount());
        boolean[] whole = new boolean[2];
        for (SourceExpr expr : sourcesOf(added)) {
            Targets to = targetsOf(expr);
            whole[0] |= to.any;
            whole[1] |= to.internet;
            to.packetTokens.forEach(token -> Bits.set(tokens, token));
            to.appTokens.forEach(token -> Bits.set(appTokens, token));
            to.places.forEach(place -> orHolders(place, row));
            for (int grant : program.viaGrantsFrom(expr.id())) {
                orReachedThrough(program.viaGrants().get(grant), row, added.number() + 1);
            }
        }
        if (whole[0]) {
            all.orInto(row);
        }
        if (whole[1]) {
            exits.orInto(row);
        }
        Bits.forEach(tokens, token -> orConcerned(token, row));
        Bits.forEach(appTokens, token -> orSpeakers(token, row));

        long[] exprs = Bits.upTo(program.exprs().size());
        for (int position : added.rules()) {
            if (!(program.rule(position) instanceof Rule.Via)) {
                Bits.set(exprs, program.rule(position).source().id());
            }
        }
        for (ViaGrant grant : program.viaGrants()) {
            if (added.isReachedThrough(grant)) {
                Bits.set(exprs, grant.source().id());
            }
        }
        Bits.forEach(exprs, expr -> orSources(program.expr(expr), row));
        return row;
    }

    /** The expressions of which the class is a source. */
    private List<SourceExpr> sourcesOf(NodeClass source) {
        long[] seen = Bits.upTo(program.exprs().size());
        for (int token : source.sourceTokens()) {
            set(seen, program.exprsWith(token));
        }
        set(seen, program.exprsOfAny());
        set(seen, program.exprsOfDanger());
        List<SourceExpr> found = new ArrayList<>();
        Bits.forEach(seen, id -> {
            SourceExpr expr = program.expr(id);
            // one of its tokens holds for the class: without conditions that is enough
            boolean named = !expr.isConditional() && !expr.any() && !expr.danger();
            if (named || source.isSource(expr)) {
                found.add(expr);
            }
        });
        return found;
    }

    private static void set(long[] words, int[] numbers) {
        for (int number : numbers) {
            Bits.set(words, number);
        }
    }

    private Targets targetsOf(SourceExpr expr) {
        Targets known = targets[expr.id()];
        if (known != null) {
            return known;
        }
        Targets found = new Targets();
        for (int position : program.rulesFrom(expr.id())) {
            switch (program.rule(position)) {
                case Rule.Packets packets ->
                    packets.parts().forEach(part -> addTarget(part.destination(), found, found.packetTokens));
                case Rule.App app -> app.destinations().forEach(to -> addTarget(to, found, found.appTokens));
                case Rule.Companion companion -> found.places.add(companion.places());
                case Rule.Via via -> {}
                case Rule.SelfPackets self -> {}
                case Rule.SelfApp self -> {}
                case Rule.SelfCompanion self -> {}
            }
        }
        targets[expr.id()] = found;
        return found;
    }

    private static void addTarget(Selector destination, Targets found, List<Integer> tokens) {
        switch (destination.kind()) {
            case ANY, DANGER_ALL -> found.any = true;
            case INTERNET -> found.internet = true;
            case IDENTITY, LITERAL -> tokens.addAll(destination.tokens());
        }
    }

    /** Classes that a packet rule to the token concerns. */
    private void orConcerned(int token, long[] into) {
        orSpeakers(token, into);
        if (Tokens.isAtom(token) && Arrays.binarySearch(program.internetAtoms(), token) >= 0) {
            exits.orInto(into);
        }
    }

    /** Classes at which a destination lies: they have it, or route it, or serve it. */
    private void orSpeakers(int token, long[] into) {
        or(held, token, into);
        or(overlapped, token, into);
        or(served, token, into);
    }

    private static void or(Map<Integer, GrowingSet> sets, int token, long[] into) {
        GrowingSet set = sets.get(token);
        if (set != null) {
            set.orInto(into);
        }
    }

    /** Classes whose own addresses are among the sources. */
    private void orHolders(SourceExpr expr, long[] into) {
        if (expr.isConditional()) {
            forEachOf(all, into.length << 6, number -> {
                if (classes[number].ownAddresses(expr) != 0) {
                    Bits.set(into, number);
                }
            });
        } else if (expr.any() || expr.danger()) {
            all.orInto(into);
        } else {
            expr.tokens().forEach(token -> or(held, token, into));
        }
    }

    private void orSources(SourceExpr expr, long[] into) {
        orHolders(expr, into);
        if (expr.isConditional()) {
            forEachOf(routers, into.length << 6, number -> {
                if (classes[number].isSource(expr)) {
                    Bits.set(into, number);
                }
            });
        } else {
            expr.tokens().forEach(token -> or(overlapped, token, into));
        }
    }

    private static void forEachOf(GrowingSet set, int limit, IntConsumer action) {
        set.forEach(number -> {
            if (number < limit) {
                action.accept(number);
            }
        });
    }

    private void orReachedThrough(ViaGrant grant, long[] into, int limit) {
        for (int tag : grant.tags()) {
            GrowingSet carriers = held.get(tag);
            if (carriers != null) {
                forEachOf(carriers, limit, number -> {
                    if (classes[number].isReachedThrough(grant)) {
                        Bits.set(into, number);
                    }
                });
            }
        }
    }

    /** Whether members of the two classes see each other, rules about a user's own nodes aside. */
    boolean sees(int one, int other) {
        return one > other ? Bits.has(rows[one], other) : Bits.has(rows[other], one);
    }

    /** The classes below {@code limit} that a class sees, ascending. */
    void forEachSeen(int number, int limit, IntConsumer action) {
        long[][] all = rows;
        long[] row = all[number];
        Bits.forEach(row, seen -> {
            if (seen < limit) {
                action.accept(seen);
            }
        });
        for (int other = number + 1; other < limit; other++) {
            if (Bits.has(all[other], number)) {
                action.accept(other);
            }
        }
    }

    /** Takes two classes that see each other; each pair comes once. */
    @FunctionalInterface
    interface PairConsumer {
        void accept(int greater, int smaller);
    }

    /** All pairs of classes below {@code limit} that see each other. */
    void forEachPair(int limit, PairConsumer action) {
        long[][] all = rows;
        for (int number = 0; number < limit; number++) {
            int greater = number;
            Bits.forEach(all[number], smaller -> action.accept(greater, smaller));
        }
    }

    /** The classes below {@code limit} whose packet filter has a rule with these sources, as bits. */
    long[] filteredBy(SourceExpr expr, int limit) {
        long[] found = Bits.upTo(limit);
        Targets to = targetsOf(expr);
        if (to.any) {
            Bits.fill(found, limit);
            return found;
        }
        if (to.internet) {
            exits.orInto(found);
        }
        to.packetTokens.forEach(token -> orConcerned(token, found));
        to.appTokens.forEach(token -> orSpeakers(token, found));
        to.places.forEach(place -> orHolders(place, found));
        for (int grant : program.viaGrantsFrom(expr.id())) {
            orReachedThrough(program.viaGrants().get(grant), found, limit);
        }
        return found;
    }

    /** The classes below {@code limit} that one of the identity tokens holds for, as bits. */
    void orHolders(List<Integer> tokens, long[] into) {
        tokens.forEach(token -> or(held, token, into));
    }

    /** The classes below {@code limit} whose own addresses are printed one by one for an expression. */
    void forEachPrinted(SourceExpr expr, int limit, IntConsumer action) {
        long[] found = Bits.upTo(limit);
        if (expr.isConditional()) {
            orHolders(expr, found);
        } else if (!expr.danger()) {
            for (int token : expr.tokens()) {
                if (!Tokens.isAtom(token)) {
                    or(held, token, found);
                }
            }
        }
        Bits.forEach(found, number -> {
            if (number < limit) {
                action.accept(number);
            }
        });
    }

    /** What of a peer's routes the policy opens to a viewer, whoever is elected for them. */
    RouteAccess access(NodeClass viewer, NodeClass peer) {
        if (peer.routes().isEmpty() && !peer.isExit() && peer.services().isEmpty()) {
            return NO_ACCESS;
        }
        return access.computeIfAbsent((long) viewer.number() << 32 | peer.number(), pair -> {
            ViewerRoutes routes = viewer.viewerRoutes();
            return new RouteAccess(routes.accessTo(peer), routes.mayExitThrough(peer), routes.servicesAt(peer));
        });
    }

    private static final RouteAccess NO_ACCESS = new RouteAccess(new long[0], false, new long[0]);
}
