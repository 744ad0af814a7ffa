package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Nodes that neither of two policies tells apart, numbered; sets of them are bits. Not thread-safe. */
final class Groups {
    static final int MAX_IDENTITIES = 4;
    static final int MAX_EXAMPLES = 3;

    private final TailnetImage image;
    private final List<Group> groups = new ArrayList<>();
    private final Map<IpAddress, Integer> byAddress = new HashMap<>();

    /** @param owner of all its nodes; null: tagged nodes, or of several users */
    record Group(
            int number,
            ClassId before,
            ClassId after,
            @Nullable UserId owner,
            List<Node> nodes) {
        Node first() {
            return nodes.getFirst();
        }
    }

    private record Key(ClassId before, ClassId after) {}

    Groups(TailnetImage image, CompiledPolicy before, CompiledPolicy after) {
        this.image = image;
        Map<Key, List<Node>> byKey = new LinkedHashMap<>();
        for (Node node : image.nodes().values()) {
            byKey.computeIfAbsent(new Key(before.classOf(node), after.classOf(node)), absent -> new ArrayList<>())
                    .add(node);
        }
        byKey.forEach((key, nodes) -> {
            int number = groups.size();
            groups.add(new Group(number, key.before(), key.after(), ownerOf(nodes), nodes));
            nodes.forEach(node -> node.addresses().forEach(address -> byAddress.put(address, number)));
        });
    }

    private static @Nullable UserId ownerOf(List<Node> nodes) {
        UserId owner = nodes.getFirst().isTagged() ? null : nodes.getFirst().userId();
        return owner != null && nodes.stream().allMatch(node -> owner.equals(node.userId())) ? owner : null;
    }

    List<Group> all() {
        return groups;
    }

    /** Number of the group that has a node with the address; -1: none. */
    int at(IpAddress address) {
        return byAddress.getOrDefault(address, -1);
    }

    int nodesIn(BitSet set) {
        return set.stream().map(number -> groups.get(number).nodes().size()).sum();
    }

    /** Ordered pairs of different nodes. */
    long pairs(BitSet sources, BitSet destinations) {
        BitSet both = (BitSet) sources.clone();
        both.and(destinations);
        return (long) nodesIn(sources) * nodesIn(destinations) - nodesIn(both);
    }

    /** Ordered pairs of different nodes of which the sources are those of the destination's user. */
    long ownPairs(BitSet sources, BitSet destinations) {
        return destinations.stream()
                .mapToLong(number -> {
                    UserId owner = groups.get(number).owner();
                    int own = sources.stream()
                            .mapToObj(groups::get)
                            .filter(group ->
                                    group.owner() != null && group.owner().equals(owner))
                            .mapToInt(group -> group.nodes().size())
                            .sum();
                    int size = groups.get(number).nodes().size();
                    return (long) size * own - (sources.get(number) ? size : 0);
                })
                .sum();
    }

    Difference.Members members(BitSet set) {
        Map<String, Integer> identities = new TreeMap<>();
        List<String> examples = new ArrayList<>();
        set.stream().mapToObj(groups::get).forEach(group -> {
            for (Node node : group.nodes()) {
                identities.merge(Party.identityOf(image, node), 1, Integer::sum);
                if (examples.size() < MAX_EXAMPLES) {
                    examples.add(node.givenName());
                }
            }
        });
        List<String> largest = identities.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(MAX_IDENTITIES)
                .map(Map.Entry::getKey)
                .toList();
        return new Difference.Members(nodesIn(set), largest, identities.size() - largest.size(), examples);
    }

    /** Pairs of nodes that see each other in one of the policies and not in the other. */
    record Sight(long gained, long lost) {}

    /**
     * Counts pairs by kinds, and then corrects by what rules about own nodes change between the nodes of each user: kinds are few
     * even where there are as many groups as users.
     */
    Sight sight(CompiledPolicy before, CompiledPolicy after) {
        KindSight kinds = new KindSight(groups, before, after);
        long gained = kinds.gained();
        long lost = kinds.lost();
        Map<UserId, List<Group>> owned = new HashMap<>();
        for (Group group : groups) {
            if (group.owner() != null) {
                owned.computeIfAbsent(group.owner(), absent -> new ArrayList<>())
                        .add(group);
            }
        }
        for (List<Group> own : owned.values()) {
            for (Group one : own) {
                for (Group other : own) {
                    long pairs = (long) one.nodes().size() * other.nodes().size()
                            - (one.number() == other.number() ? one.nodes().size() : 0);
                    boolean was = before.sees(one.before(), other.before());
                    boolean is = after.sees(one.after(), other.after());
                    boolean kindWas = kinds.before(one, other);
                    boolean kindIs = kinds.after(one, other);
                    gained += pairs * ((is && !was ? 1 : 0) - (kindIs && !kindWas ? 1 : 0));
                    lost += pairs * ((was && !is ? 1 : 0) - (kindWas && !kindIs ? 1 : 0));
                }
            }
        }
        return new Sight(gained / 2, lost / 2);
    }

    static BitSet without(BitSet set, BitSet other) {
        BitSet rest = (BitSet) set.clone();
        rest.andNot(other);
        return rest;
    }
}
