package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.FilterTemplate;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.tailnet.NodeId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a policy that was made from nothing has in common with the one before. Source: policy 11.10, policy change. */
final class Rebuild {
    /** So many classes without members are always tolerated. */
    private static final int SPARE_CLASSES = 256;

    private final PolicyTables before;
    private final PolicyTables after;
    private final EnginePolicy old;
    private final EnginePolicy next;

    private Rebuild(EnginePolicy old, EnginePolicy next) {
        this.old = old;
        this.next = next;
        this.before = old.tables();
        this.after = next.tables();
    }

    /** Classes live as long as their program; this says when too many of them are empty. */
    static boolean isDue(PolicyTables tables) {
        int empty = 0;
        for (ClassState state : tables.classes()) {
            if (state.members().isEmpty()) {
                empty++;
            }
        }
        return empty > SPARE_CLASSES + tables.classes().length / 2;
    }

    /** Classes that keep most of their members keep their numbers; what is different is told. */
    static PolicyEffect effect(EnginePolicy old, EnginePolicy next) {
        Rebuild rebuild = new Rebuild(old, next);
        rebuild.keepNumbers();
        return rebuild.compare();
    }

    private record Pair(Numbering.Key was, Numbering.Key now) {}

    private void keepNumbers() {
        Map<Pair, Integer> common = new HashMap<>();
        after.nodes().forEach((id, node) -> {
            NodeState was = before.nodes().get(id);
            if (was != null) {
                common.merge(new Pair(was.key(), node.key()), 1, Integer::sum);
            }
        });
        List<Map.Entry<Pair, Integer>> largest = new ArrayList<>(common.entrySet());
        largest.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
        Set<Numbering.Key> taken = new HashSet<>();
        Numbering numbering = after.shared().numbering();
        for (Map.Entry<Pair, Integer> entry : largest) {
            Pair pair = entry.getKey();
            if (numbering.known(pair.now()) == null && taken.add(pair.was())) {
                numbering.put(pair.now(), before.shared().numbering().idOf(pair.was()));
            }
        }
    }

    private PolicyEffect compare() {
        Set<NodeId> moved = new LinkedHashSet<>();
        Set<NodeId> peers = new LinkedHashSet<>();
        Set<NodeId> own = new LinkedHashSet<>();
        Set<Numbering.Key> keys = new LinkedHashSet<>();
        Set<NodeState> routers = new LinkedHashSet<>();
        after.nodes().forEach((id, node) -> {
            keys.add(node.key());
            if (!node.nodeClass().routes().isEmpty()
                    || node.nodeClass().isExit()
                    || !node.nodeClass().services().isEmpty()) {
                routers.add(node);
            }
            NodeState was = before.nodes().get(id);
            if (was == null) {
                return;
            }
            if (!idBefore(was).equals(idAfter(node))) {
                moved.add(node.node().id());
            }
            if (was.nodeClass().hidesIpv4() != node.nodeClass().hidesIpv4()) {
                peers.add(node.node().id());
            }
        });
        long[] seenBefore = seenByNumber(old);
        long[] seenAfter = seenByNumber(next);
        Set<ClassId> visibility = new LinkedHashSet<>();
        Set<ClassId> filters = new LinkedHashSet<>();
        Set<ClassId> ssh = new LinkedHashSet<>();
        Set<ClassId> capabilities = new LinkedHashSet<>();
        for (Numbering.Key key : keys) {
            ClassId id = after.shared().numbering().idOf(key);
            Numbering.Key was = before.shared().numbering().keyOf(id);
            if (was == null) {
                continue;
            }
            if (seen(old, seenBefore, was) != seen(next, seenAfter, key)) {
                visibility.add(id);
            }
            if (filterDiffers(was, key)) {
                filters.add(id);
            }
            ssh.add(id);
            NodeClass one = before.shared().table().get(was.classNumber());
            NodeClass other = after.shared().table().get(key.classNumber());
            if (!one.attributes().equals(other.attributes()) || one.hidesIpv4() != other.hidesIpv4()) {
                capabilities.add(id);
            }
            if (one.hidesIpv4() != other.hidesIpv4()) {
                visibility.add(id);
            }
        }
        if (before.shared().program() != after.shared().program()) {
            routers.forEach(router -> peers.add(router.node().id()));
        }
        if (before.shared().program().ssh().isEmpty()
                && after.shared().program().ssh().isEmpty()) {
            ssh.clear();
        }
        return new PolicyEffect(false, moved, visibility, peers, filters, ssh, capabilities, own);
    }

    private ClassId idBefore(NodeState node) {
        return before.shared().numbering().idOf(node.key());
    }

    private ClassId idAfter(NodeState node) {
        return after.shared().numbering().idOf(node.key());
    }

    /**
     * Stands for the classes that a class sees. What all classes of a number see is added up once: where classes end at the
     * owner there are as many as users, and each sees most of the others.
     */
    private static long seen(EnginePolicy policy, long[] ofNumbers, Numbering.Key key) {
        long[] sum = {ofNumbers[key.classNumber()]};
        policy.forEachOwnViewer(key, id -> sum[0] += Hash128.mix(id.value()));
        return sum[0];
    }

    private static long[] seenByNumber(EnginePolicy policy) {
        int count = policy.tables().classes().length;
        long[] members = new long[count];
        for (int number = 0; number < count; number++) {
            int at = number;
            policy.idsOf(number, id -> members[at] += Hash128.mix(id.value()));
        }
        long[] seen = new long[count];
        policy.tables().shared().table().forEachPair(count, (greater, smaller) -> {
            seen[greater] += members[smaller];
            if (greater != smaller) {
                seen[smaller] += members[greater];
            }
        });
        return seen;
    }

    /** Only somebody who asked before can have something else now. */
    private boolean filterDiffers(Numbering.Key was, Numbering.Key now) {
        TemplateCache.Entry asked = before.shared().templates().get(was);
        if (asked == null) {
            return true;
        }
        FilterTemplate template = next.templateOf(now);
        return !template.isSameAs(asked.template());
    }
}
