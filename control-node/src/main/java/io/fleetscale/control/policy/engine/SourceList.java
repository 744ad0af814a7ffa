package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.FilterSources;
import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.control.policy.SharedJson;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One bucket of the sources of an expression, printed when somebody asks. What it denotes never changes; what it is printed from
 * may be a later time, since the difference is remembered in both directions. Thread-safe.
 */
final class SourceList implements FilterSources {
    /** Above so many remembered changes it is cheaper to print anew. */
    private static final int MAX_PENDING = 64;

    private final Lineage lineage;
    private final int expr;
    private final int bucket;
    private final int count;
    private final Fingerprint fingerprint;

    private String @Nullable [] base;
    private Change pending;
    private @Nullable SourceList next;
    private @Nullable Change toNext;
    private @Nullable EnginePolicy frozen;
    private volatile String @Nullable [] texts;
    private volatile @Nullable SharedJson json;

    /** Texts that came and went. */
    record Change(List<String> added, List<String> removed) {
        static final Change NONE = new Change(List.of(), List.of());

        Change reversed() {
            return new Change(removed, added);
        }

        int size() {
            return added.size() + removed.size();
        }
    }

    /** Where the newest policy of a program is found. */
    static final class Lineage {
        volatile @Nullable EnginePolicy latest;
    }

    SourceList(Lineage lineage, int expr, int bucket, int count, Fingerprint fingerprint) {
        this.lineage = lineage;
        this.expr = expr;
        this.bucket = bucket;
        this.count = count;
        this.fingerprint = fingerprint;
        this.base = null;
        this.pending = Change.NONE;
    }

    /** The list after a change of its content; to be published with the policy that holds it. */
    SourceList after(Change change, int newCount, Fingerprint newFingerprint) {
        SourceList later = new SourceList(lineage, expr, bucket, newCount, newFingerprint);
        synchronized (this) {
            String[] printed = texts;
            if (printed != null) {
                later.base = printed;
                later.pending = change;
            } else if (base != null && pending.size() + change.size() <= MAX_PENDING) {
                later.base = base;
                later.pending = joined(pending, change);
            }
            next = later;
            toNext = change;
        }
        return later;
    }

    private static Change joined(Change first, Change second) {
        List<String> added = new ArrayList<>(first.added());
        added.addAll(second.added());
        List<String> removed = new ArrayList<>(first.removed());
        removed.addAll(second.removed());
        // What came and went again, or the other way round, cancels out.
        for (String text : List.copyOf(added)) {
            if (removed.remove(text)) {
                added.remove(text);
            }
        }
        return new Change(added, removed);
    }

    /** It has no successor of its kind in the next policy: it will be printed from this one. */
    void freeze(EnginePolicy policy) {
        synchronized (this) {
            if (texts == null) {
                frozen = policy;
            }
        }
    }

    int count() {
        return count;
    }

    @Override
    public List<String> list() {
        return List.of(texts());
    }

    @Override
    public Fingerprint fingerprint() {
        return fingerprint;
    }

    @Override
    public SharedJson json() {
        SharedJson known = json;
        if (known == null) {
            known = json(texts());
            json = known;
        }
        return known;
    }

    static SharedJson json(String[] texts) {
        JsonWriter writer = new JsonWriter(texts.length * 28);
        for (String text : texts) {
            writer.value(text);
        }
        return new SharedJson(writer.toBytes());
    }

    private String[] texts() {
        String[] known = texts;
        if (known != null) {
            return known;
        }
        List<SourceList> chain = new ArrayList<>();
        SourceList at = this;
        String[] found = at.ownTexts();
        while (found == null) {
            chain.add(at);
            at = at.successor();
            found = at.ownTexts();
        }
        at.settle(found);
        for (int i = chain.size() - 1; i >= 0; i--) {
            found = chain.get(i).backFrom(found);
            chain.get(i).settle(found);
        }
        return found;
    }

    /** What it can print without its successor, or null. */
    private String @Nullable [] ownTexts() {
        String[] known = texts;
        if (known != null) {
            return known;
        }
        String[] from;
        Change change;
        EnginePolicy printer;
        synchronized (this) {
            from = base;
            change = pending;
            printer = frozen;
        }
        if (from != null) {
            return changed(from, change);
        }
        if (printer == null) {
            EnginePolicy latest = lineage.latest;
            if (latest != null && latest.holds(this, expr, bucket)) {
                printer = latest;
            }
        }
        return printer == null ? null : printer.print(expr, bucket);
    }

    private synchronized SourceList successor() {
        if (next == null) {
            throw new IllegalStateException("sources " + expr + " belong to no policy");
        }
        return next;
    }

    private String[] backFrom(String[] later) {
        Change change;
        synchronized (this) {
            change = toNext == null ? Change.NONE : toNext.reversed();
        }
        return changed(later, change);
    }

    private void settle(String[] printed) {
        synchronized (this) {
            texts = printed;
            base = null;
            pending = Change.NONE;
            next = null;
            toNext = null;
            frozen = null;
        }
    }

    static String[] changed(String[] sorted, Change change) {
        if (change.size() == 0) {
            return sorted;
        }
        String[] added = change.added().stream().sorted().toArray(String[]::new);
        Set<String> removed = Set.copyOf(change.removed());
        String[] result = new String[sorted.length + added.length];
        int size = 0;
        int at = 0;
        for (String text : sorted) {
            while (at < added.length && added[at].compareTo(text) <= 0) {
                if (!added[at].equals(text)) {
                    result[size++] = added[at];
                }
                at++;
            }
            if (!removed.contains(text)) {
                result[size++] = text;
            }
        }
        while (at < added.length) {
            result[size++] = added[at++];
        }
        return Arrays.copyOf(result, size);
    }
}
