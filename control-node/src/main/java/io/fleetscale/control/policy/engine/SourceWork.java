package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Makes and changes source sets. Confined to the thread of the draft. */
final class SourceWork {
    /** Sets of up to so many texts are never cut up. */
    static final int BUCKET_TEXTS = 2048;

    private static final int MAX_BUCKETS = 64;

    private final PolicyTables.Shared shared;
    private final Program program;
    private final Map<Integer, Set<IpAddress>> written = new HashMap<>();

    SourceWork(PolicyTables.Shared shared) {
        this.shared = shared;
        this.program = shared.program();
    }

    /** Addresses that came to and went from the printed ones of an expression. */
    static final class Difference {
        final List<Printed> added = new ArrayList<>();
        final List<Printed> removed = new ArrayList<>();
    }

    record Printed(long node, IpAddress address, String text) {}

    /** The single addresses that the expression names itself: they are printed once even if a node has them. */
    private Set<IpAddress> written(SourceExpr expr) {
        return written.computeIfAbsent(expr.id(), id -> {
            Set<IpAddress> found = new HashSet<>();
            for (String text : SourceTexts.of(program, expr, List.of())) {
                if (!text.equals("*") && text.indexOf('/') < 0 && text.indexOf('-') < 0) {
                    found.add(IpAddress.parse(text));
                }
            }
            return found;
        });
    }

    private int bucketsFor(int count) {
        int most = shared.bucketTexts();
        if (most == 0 || count <= most) {
            return 1;
        }
        int wanted = (count + most - 1) / most;
        return Math.min(MAX_BUCKETS, Integer.highestOneBit(wanted * 2 - 1));
    }

    /** The set as it is. */
    SourceSet make(SourceExpr expr, ClassState[] classes, LongTable<NodeState> nodes, Collection<IpPrefix> routes) {
        Set<IpAddress> own = written(expr);
        Set<String> texts = SourceTexts.of(program, expr, routes);
        int[] count = {texts.size()};
        Fingerprint[] sum = {Hash128.ZERO};
        for (String text : texts) {
            sum[0] = Hash128.plus(sum[0], Hash128.ofSource(text));
        }
        Fingerprint base = sum[0];
        shared.table().forEachPrinted(expr, classes.length, number -> {
            ClassState state = classes[number];
            int families = shared.table().get(number).printedAddresses(expr);
            if ((families & NodeClass.IPV4) != 0) {
                count[0] += state.count4();
                sum[0] = Hash128.plus(sum[0], state.sum4());
            }
            if ((families & NodeClass.IPV6) != 0) {
                count[0] += state.count6();
                sum[0] = Hash128.plus(sum[0], state.sum6());
            }
        });
        for (IpAddress address : own) {
            if (isPrinted(expr, address, classes, nodes)) {
                count[0]--;
                sum[0] = Hash128.minus(sum[0], Hash128.of(address));
            }
        }
        int buckets = bucketsFor(count[0]);
        if (buckets == 1) {
            return new SourceSet(
                    count[0], sum[0], new SourceList[] {new SourceList(shared.lineage(), expr.id(), 0, count[0], sum[0])
                    });
        }
        int[] counts = new int[buckets];
        Fingerprint[] sums = new Fingerprint[buckets];
        Arrays.fill(sums, Hash128.ZERO);
        counts[0] = texts.size();
        sums[0] = base;
        shared.table().forEachPrinted(expr, classes.length, number -> {
            int families = shared.table().get(number).printedAddresses(expr);
            classes[number].members().forEach(id -> {
                NodeState node = nodes.get(id);
                if (node != null) {
                    int bucket = SourceSet.bucketOf(id, buckets);
                    for (int family : new int[] {families & NodeClass.IPV4, families & NodeClass.IPV6}) {
                        IpAddress address = family == 0 ? null : node.address(family);
                        if (address != null && !own.contains(address)) {
                            counts[bucket]++;
                            sums[bucket] = Hash128.plus(sums[bucket], Hash128.of(address));
                        }
                    }
                }
            });
        });
        SourceList[] lists = new SourceList[buckets];
        for (int i = 0; i < buckets; i++) {
            lists[i] = new SourceList(shared.lineage(), expr.id(), i, counts[i], sums[i]);
        }
        return new SourceSet(count[0], sum[0], lists);
    }

    private boolean isPrinted(SourceExpr expr, IpAddress address, ClassState[] classes, LongTable<NodeState> nodes) {
        boolean[] found = {false};
        shared.table().forEachPrinted(expr, classes.length, number -> {
            NodeClass members = shared.table().get(number);
            int family = address.isV6() ? NodeClass.IPV6 : NodeClass.IPV4;
            if ((members.printedAddresses(expr) & family) != 0) {
                classes[number].members().forEach(id -> {
                    NodeState node = nodes.get(id);
                    found[0] |= node != null && address.equals(node.address(family));
                });
            }
        });
        return found[0];
    }

    /** By expression, what these nodes add to and take from it. */
    void differences(List<NodeState> came, List<NodeState> went, Map<Integer, Difference> into) {
        came.forEach(node -> note(node, true, into));
        went.forEach(node -> note(node, false, into));
        into.values().forEach(difference -> {
            // A node that moves from one class of the set to another does not change it.
            Set<Printed> both = new HashSet<>(difference.added);
            both.retainAll(new HashSet<>(difference.removed));
            difference.added.removeAll(both);
            difference.removed.removeAll(both);
        });
        into.values().removeIf(difference -> difference.added.isEmpty() && difference.removed.isEmpty());
    }

    private void note(NodeState node, boolean added, Map<Integer, Difference> into) {
        Set<Integer> exprs = new HashSet<>();
        for (int token : node.nodeClass().key().identity().values()) {
            for (int expr : program.exprsWith(token)) {
                exprs.add(expr);
            }
        }
        for (int expr : program.conditionalExprs()) {
            exprs.add(expr);
        }
        for (int id : exprs) {
            SourceExpr expr = program.expr(id);
            int families = node.nodeClass().printedAddresses(expr);
            for (int family : new int[] {families & NodeClass.IPV4, families & NodeClass.IPV6}) {
                IpAddress address = family == 0 ? null : node.address(family);
                String text = family == 0 ? null : node.text(family);
                if (address != null && text != null && !written(expr).contains(address)) {
                    Difference difference = into.computeIfAbsent(id, absent -> new Difference());
                    (added ? difference.added : difference.removed)
                            .add(new Printed(node.node().id().value(), address, text));
                }
            }
        }
    }

    /**
     * The set after a difference; the same object if nothing changed.
     *
     * @param otherRoutes whether the routes that {@code *} prints are others now
     * @param anew makes the set from nothing
     */
    SourceSet change(
            SourceExpr expr,
            SourceSet was,
            Difference difference,
            boolean otherRoutes,
            EnginePolicy before,
            Supplier<SourceSet> anew,
            Collection<IpPrefix> routes) {
        int count = was.count() + difference.added.size() - difference.removed.size();
        int buckets = was.lists().length;
        TextChange routeTexts = otherRoutes ? routeTexts(expr, before, routes) : TextChange.NONE;
        count += routeTexts.added().size() - routeTexts.removed().size();
        if (difference.added.isEmpty() && difference.removed.isEmpty() && routeTexts.isEmpty()) {
            return was;
        }
        if (bucketsFor(count) != buckets) {
            for (SourceList list : was.lists()) {
                list.freeze(before);
            }
            return anew.get();
        }
        SourceList[] lists = was.lists().clone();
        Fingerprint sum = Hash128.ZERO;
        for (int i = 0; i < buckets; i++) {
            lists[i] = changed(was.lists()[i], i, buckets, difference, i == 0 ? routeTexts : TextChange.NONE);
            sum = Hash128.plus(sum, lists[i].fingerprint());
        }
        return new SourceSet(count, sum, lists);
    }

    private record TextChange(List<String> added, List<String> removed) {
        static final TextChange NONE = new TextChange(List.of(), List.of());

        boolean isEmpty() {
            return added.isEmpty() && removed.isEmpty();
        }
    }

    private TextChange routeTexts(SourceExpr expr, EnginePolicy before, Collection<IpPrefix> routes) {
        Set<String> old =
                SourceTexts.of(program, expr, before.tables().routers().keySet());
        Set<String> now = SourceTexts.of(program, expr, routes);
        return new TextChange(
                now.stream().filter(text -> !old.contains(text)).toList(),
                old.stream().filter(text -> !now.contains(text)).toList());
    }

    private static SourceList changed(
            SourceList list, int bucket, int buckets, Difference difference, TextChange routeTexts) {
        Fingerprint sum = list.fingerprint();
        List<String> added = new ArrayList<>(routeTexts.added());
        List<String> removed = new ArrayList<>(routeTexts.removed());
        for (String text : added) {
            sum = Hash128.plus(sum, Hash128.ofSource(text));
        }
        for (String text : removed) {
            sum = Hash128.minus(sum, Hash128.ofSource(text));
        }
        for (Printed printed : difference.added) {
            if (SourceSet.bucketOf(printed.node(), buckets) == bucket) {
                added.add(printed.text());
                sum = Hash128.plus(sum, Hash128.of(printed.address()));
            }
        }
        for (Printed printed : difference.removed) {
            if (SourceSet.bucketOf(printed.node(), buckets) == bucket) {
                removed.add(printed.text());
                sum = Hash128.minus(sum, Hash128.of(printed.address()));
            }
        }
        return added.isEmpty() && removed.isEmpty()
                ? list
                : list.after(new SourceList.Change(added, removed), list.count() + added.size() - removed.size(), sum);
    }
}
