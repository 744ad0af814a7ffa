package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.ClassId;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A set of classes that is enumerated when somebody asks. Immutable and thread-safe. */
final class ClassIds extends AbstractSet<ClassId> {
    private final Consumer<Consumer<ClassId>> each;
    private final Predicate<ClassId> test;
    private volatile @Nullable List<ClassId> members;

    /**
     * @param each hands out all members, each once, in an order of its own
     * @param test whether a class is a member
     */
    ClassIds(Consumer<Consumer<ClassId>> each, Predicate<ClassId> test) {
        this.each = each;
        this.test = test;
    }

    private List<ClassId> members() {
        List<ClassId> known = members;
        if (known == null) {
            ArrayList<ClassId> found = new ArrayList<>();
            each.accept(found::add);
            known = found;
            members = known;
        }
        return known;
    }

    @Override
    public boolean contains(Object other) {
        return other instanceof ClassId id && test.test(id);
    }

    @Override
    public Iterator<ClassId> iterator() {
        return Collections.unmodifiableList(members()).iterator();
    }

    @Override
    public int size() {
        return members().size();
    }

    @Override
    public boolean isEmpty() {
        return members().isEmpty();
    }
}
