package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.language.AddressRange;
import io.fleetscale.control.tailnet.UserId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects what changes group by group and puts together what is the same for several. Not thread-safe. */
final class Changes {
    private final Groups groups;
    private final Map<Key, Ends> found = new LinkedHashMap<>();
    private final BitSet touched = new BitSet();

    Changes(Groups groups) {
        this.groups = groups;
    }

    /** @param from null: the own nodes of each destination's user */
    private record Key(
            Difference.Kind kind, boolean gained, Senders.@Nullable OfFamily from, List<String> places, String what) {}

    private static final class Ends {
        final BitSet sources = new BitSet();
        final BitSet destinations = new BitSet();
    }

    void add(
            Difference.Kind kind,
            boolean gained,
            Senders.OfFamily from,
            int destination,
            List<String> places,
            String what) {
        Groups.Group to = groups.all().get(destination);
        boolean onlyItself = places.isEmpty()
                && from.outside().isEmpty()
                && from.groups().cardinality() == 1
                && from.groups().get(destination)
                && to.nodes().size() == 1;
        if (onlyItself && kind != Difference.Kind.ATTRIBUTE) {
            return;
        }
        boolean own = from.outside().isEmpty() && isOwn(to.owner(), from.groups());
        Ends ends = found.computeIfAbsent(new Key(kind, gained, own ? null : from, places, what), absent -> new Ends());
        ends.sources.or(from.groups());
        ends.destinations.set(destination);
        touched.or(from.groups());
        touched.set(destination);
    }

    /** An attribute of the nodes themselves. */
    void addAttribute(boolean gained, int group, String attribute) {
        add(Difference.Kind.ATTRIBUTE, gained, Senders.NOBODY.ofFamily(false), group, List.of(), attribute);
    }

    private boolean isOwn(@Nullable UserId owner, BitSet sources) {
        return owner != null
                && !sources.isEmpty()
                && sources.stream()
                        .allMatch(
                                number -> owner.equals(groups.all().get(number).owner()));
    }

    int nodesTouched() {
        return groups.nodesIn(touched);
    }

    int count() {
        return found.size();
    }

    /** Those of most pairs first. */
    List<Difference.Change> largest(int limit) {
        List<Difference.Change> changes = new ArrayList<>();
        found.forEach((key, ends) -> changes.add(change(key, ends)));
        changes.sort(Comparator.comparingLong(Difference.Change::pairs).reversed());
        return changes.subList(0, Math.min(limit, changes.size()));
    }

    private Difference.Change change(Key key, Ends ends) {
        boolean attribute = key.kind() == Difference.Kind.ATTRIBUTE;
        Senders.OfFamily from = key.from();
        long pairs = attribute
                ? groups.nodesIn(ends.destinations)
                : from == null
                        ? groups.ownPairs(ends.sources, ends.destinations)
                        : groups.pairs(ends.sources, ends.destinations);
        return new Difference.Change(
                key.kind(),
                key.gained(),
                attribute ? Difference.Members.NOBODY : groups.members(ends.sources),
                !attribute && from == null,
                from == null
                        ? List.of()
                        : from.outside().ranges().stream()
                                .map(AddressRange::toString)
                                .toList(),
                groups.members(ends.destinations),
                key.places(),
                key.what(),
                pairs);
    }
}
