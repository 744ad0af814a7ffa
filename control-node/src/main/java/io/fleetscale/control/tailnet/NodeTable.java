package io.fleetscale.control.tailnet;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.pcollections.TreePMap;

/** The nodes of an image and what they are found by. Immutable and thread-safe. */
record NodeTable(
        TreePMap<NodeId, Node> byId,
        HashPMap<NodeKey, NodeId> byNodeKey,
        HashPMap<MachineKey, List<NodeId>> byMachineKey,
        HashPMap<String, NodeId> byName,
        TreePMap<IpAddress, NodeId> byAddress) {
    static final NodeTable EMPTY = new NodeTable(
            TreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(), HashTreePMap.empty(), TreePMap.empty());

    @Nullable
    Node get(@Nullable NodeId id) {
        return id == null ? null : byId.get(id);
    }

    /** All nodes of a device, by number. */
    List<Node> ofMachine(MachineKey key) {
        return byMachineKey.getOrDefault(key, List.of()).stream().map(byId::get).toList();
    }

    /** Names are compared without regard to case, as DNS does. */
    static String nameKey(String givenName) {
        return givenName.toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalStateException if a key, name or address of the node belongs to another one */
    NodeTable plus(Node node) {
        NodeId id = node.id();
        NodeTable base = minus(id);
        claim(base.byNodeKey.get(node.nodeKey()), id, "node key");
        claim(base.byName.get(nameKey(node.givenName())), id, "name");
        TreePMap<IpAddress, NodeId> addresses = base.byAddress;
        for (IpAddress address : node.addresses()) {
            claim(addresses.get(address), id, "address");
            addresses = addresses.plus(address, id);
        }
        List<NodeId> siblings = base.byMachineKey.getOrDefault(node.machineKey(), List.of());
        List<NodeId> machine =
                Stream.concat(siblings.stream(), Stream.of(id)).sorted().toList();
        return new NodeTable(
                byId.plus(id, node),
                base.byNodeKey.plus(node.nodeKey(), id),
                base.byMachineKey.plus(node.machineKey(), machine),
                base.byName.plus(nameKey(node.givenName()), id),
                addresses);
    }

    NodeTable minus(NodeId id) {
        Node node = byId.get(id);
        if (node == null) {
            return this;
        }
        TreePMap<IpAddress, NodeId> addresses = byAddress;
        for (IpAddress address : node.addresses()) {
            addresses = addresses.minus(address);
        }
        List<NodeId> machine = byMachineKey.getOrDefault(node.machineKey(), List.of()).stream()
                .filter(sibling -> !sibling.equals(id))
                .toList();
        return new NodeTable(
                byId.minus(id),
                byNodeKey.minus(node.nodeKey()),
                machine.isEmpty()
                        ? byMachineKey.minus(node.machineKey())
                        : byMachineKey.plus(node.machineKey(), machine),
                byName.minus(nameKey(node.givenName())),
                addresses);
    }

    private static void claim(@Nullable NodeId holder, NodeId id, String what) {
        if (holder != null && !holder.equals(id)) {
            throw new IllegalStateException("node " + id + ": its " + what + " belongs to node " + holder);
        }
    }
}
