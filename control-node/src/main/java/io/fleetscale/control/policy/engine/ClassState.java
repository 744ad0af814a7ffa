package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.wire.ip.IpAddress;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;

/**
 * The members of a class at one time. Immutable.
 *
 * @param owners how many members each owner has, only where the class ends at the owner
 * @param sum4 sum of the hashes of the IPv4 addresses
 */
record ClassState(
        IdSet members, HashPMap<Long, Integer> owners, int count4, int count6, Fingerprint sum4, Fingerprint sum6) {
    static final ClassState EMPTY = new ClassState(IdSet.EMPTY, HashTreePMap.empty(), 0, 0, Hash128.ZERO, Hash128.ZERO);

    ClassState plus(NodeState node) {
        IpAddress four = node.node().ipv4();
        IpAddress six = node.node().ipv6();
        return new ClassState(
                members.plus(node.node().id().value()),
                node.nodeClass().isBoundToOwner()
                        ? owners.plus(node.owner(), owners.getOrDefault(node.owner(), 0) + 1)
                        : owners,
                four == null ? count4 : count4 + 1,
                six == null ? count6 : count6 + 1,
                four == null ? sum4 : Hash128.plus(sum4, Hash128.of(four)),
                six == null ? sum6 : Hash128.plus(sum6, Hash128.of(six)));
    }

    ClassState minus(NodeState node) {
        IpAddress four = node.node().ipv4();
        IpAddress six = node.node().ipv6();
        int left = owners.getOrDefault(node.owner(), 0) - 1;
        return new ClassState(
                members.minus(node.node().id().value()),
                left < 0 ? owners : left == 0 ? owners.minus(node.owner()) : owners.plus(node.owner(), left),
                four == null ? count4 : count4 - 1,
                six == null ? count6 : count6 - 1,
                four == null ? sum4 : Hash128.minus(sum4, Hash128.of(four)),
                six == null ? sum6 : Hash128.minus(sum6, Hash128.of(six)));
    }
}
