package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.tailnet.NodeId;
import java.util.LinkedHashSet;
import java.util.Set;

/** Names the classes of an effect when somebody asks for them. */
final class EffectView {
    private final PolicyTables tables;
    private final EnginePolicy policy;

    EffectView(EnginePolicy policy) {
        this.tables = policy.tables();
        this.policy = policy;
    }

    /**
     * @param filtered classes whose packet filter changed, as bits
     * @param toSsh classes whose SSH rules changed, as bits
     * @param touchedUsers users whose own nodes changed
     */
    PolicyEffect of(
            Set<NodeId> moved,
            Set<NodeId> peers,
            Set<NodeId> own,
            long[] filtered,
            long[] toSsh,
            Set<Long> touchedUsers) {
        Set<ClassId> ofOwners = new LinkedHashSet<>();
        for (long user : touchedUsers) {
            UserState state = tables.users().get(user);
            if (state != null) {
                state.nodes().forEach(id -> {
                    NodeState node = tables.nodes().get(id);
                    if (node != null && node.nodeClass().isBoundToOwner()) {
                        ofOwners.add(tables.shared().numbering().idOf(node.key()));
                    }
                });
            }
        }
        return new PolicyEffect(
                false, moved, Set.of(), peers, of(filtered, ofOwners), of(toSsh, Set.of()), Set.of(), own);
    }

    private Set<ClassId> of(long[] numbers, Set<ClassId> more) {
        if (more.isEmpty() && Bits.count(numbers) == 0) {
            return Set.of();
        }
        return new ClassIds(
                each -> {
                    Bits.forEach(numbers, number -> {
                        if (number < tables.classes().length) {
                            policy.idsOf(number, each);
                        }
                    });
                    more.stream().filter(id -> !isIn(numbers, id)).forEach(each);
                },
                id -> more.contains(id) || isIn(numbers, id));
    }

    private boolean isIn(long[] numbers, ClassId id) {
        Numbering.Key key = tables.shared().numbering().keyOf(id);
        return key != null && Bits.has(numbers, key.classNumber());
    }
}
