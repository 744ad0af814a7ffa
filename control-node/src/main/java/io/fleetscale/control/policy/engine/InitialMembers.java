package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.wire.ip.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;

/** The members of classes and the nodes of users while an image is loaded: each set is made once. Confined to one thread. */
final class InitialMembers {
    private final List<Totals> classes = new ArrayList<>();
    private final Map<Long, Ids> owned = new HashMap<>();

    private static final class Ids {
        long[] ids = new long[4];
        int count;

        void add(long id) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, count * 2);
            }
            ids[count++] = id;
        }

        IdSet toSet() {
            return IdSet.of(ids, count);
        }
    }

    private static final class Totals {
        final Ids members = new Ids();
        HashPMap<Long, Integer> owners = HashTreePMap.empty();
        int count4;
        int count6;
        Fingerprint sum4 = Hash128.ZERO;
        Fingerprint sum6 = Hash128.ZERO;

        ClassState toState() {
            return new ClassState(members.toSet(), owners, count4, count6, sum4, sum6);
        }
    }

    /** @param state of nodes in ascending order */
    void add(NodeState state) {
        long id = state.node().id().value();
        int number = state.nodeClass().number();
        while (classes.size() <= number) {
            classes.add(new Totals());
        }
        Totals total = classes.get(number);
        total.members.add(id);
        if (state.nodeClass().isBoundToOwner()) {
            total.owners = total.owners.plus(state.owner(), total.owners.getOrDefault(state.owner(), 0) + 1);
        }
        IpAddress four = state.node().ipv4();
        if (four != null) {
            total.count4++;
            total.sum4 = Hash128.plus(total.sum4, Hash128.of(four));
        }
        IpAddress six = state.node().ipv6();
        if (six != null) {
            total.count6++;
            total.sum6 = Hash128.plus(total.sum6, Hash128.of(six));
        }
        if (state.owner() != 0) {
            owned.computeIfAbsent(state.owner(), absent -> new Ids()).add(id);
        }
    }

    /** By number of the class. */
    ClassState[] classes(int count) {
        ClassState[] states = new ClassState[count];
        Arrays.fill(states, ClassState.EMPTY);
        for (int number = 0; number < classes.size(); number++) {
            if (classes.get(number).members.count > 0) {
                states[number] = classes.get(number).toState();
            }
        }
        return states;
    }

    /** By user. */
    Map<Long, IdSet> owned() {
        Map<Long, IdSet> sets = new HashMap<>();
        owned.forEach((user, ids) -> sets.put(user, ids.toSet()));
        return sets;
    }
}
