package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Nodes that neither of two policies tells apart, numbered; sets of them are bits. Not thread-safe. */
final class Groups {
    static final int MAX_IDENTITIES = 4;
    static final int MAX_EXAMPLES = 3;

    private final TailnetImage image;
    private final List<Group> groups = new ArrayList<>();
    private final Map<NodeId, Integer> byNode = new HashMap<>();

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
            nodes.forEach(node -> byNode.put(node.id(), number));
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
        Node node = image.nodeByAddress(address);
        return node == null ? -1 : byNode.getOrDefault(node.id(), -1);
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

    Sight sight(CompiledPolicy before, CompiledPolicy after) {
        Map<ClassId, BitSet> was = seen(before, Group::before);
        Map<ClassId, BitSet> is = seen(after, Group::after);
        long gained = 0;
        long lost = 0;
        for (Group group : groups) {
            BitSet old = was.getOrDefault(group.before(), new BitSet());
            BitSet now = is.getOrDefault(group.after(), new BitSet());
            gained += pairsOf(group, without(now, old));
            lost += pairsOf(group, without(old, now));
        }
        return new Sight(gained / 2, lost / 2);
    }

    static BitSet without(BitSet set, BitSet other) {
        BitSet rest = (BitSet) set.clone();
        rest.andNot(other);
        return rest;
    }

    private long pairsOf(Group group, BitSet others) {
        return (long) group.nodes().size() * nodesIn(others)
                - (others.get(group.number()) ? group.nodes().size() : 0);
    }

    /** By class, the groups that its nodes see. */
    private Map<ClassId, BitSet> seen(CompiledPolicy policy, Function<Group, ClassId> classOf) {
        Map<ClassId, BitSet> members = new HashMap<>();
        groups.forEach(group -> members.computeIfAbsent(classOf.apply(group), absent -> new BitSet())
                .set(group.number()));
        Map<ClassId, BitSet> seen = new HashMap<>();
        for (ClassId id : members.keySet()) {
            BitSet bits = new BitSet();
            Set<ClassId> viewers = policy.viewersOf(id);
            viewers.forEach(viewer -> {
                BitSet of = members.get(viewer);
                if (of != null) {
                    bits.or(of);
                }
            });
            seen.put(id, bits);
        }
        return seen;
    }
}
