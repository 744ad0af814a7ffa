package io.fleetscale.control.policy.engine;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Puts the questions of a program to a node. */
final class Classifier {
    private Classifier() {}

    static ClassKey keyOf(Program program, TailnetImage image, Node node, Ints identity) {
        List<IpPrefix> approved = node.approvedRoutes().isEmpty()
                ? List.of()
                : node.approvedRoutes().stream()
                        .filter(node.advertisedRoutes()::contains)
                        .sorted()
                        .toList();
        return new ClassKey(
                identity,
                held(program, node.ipv4()),
                held(program, node.ipv6()),
                postures(program, image, node),
                approved.stream().filter(route -> !route.isAll()).toList(),
                approved.stream().filter(IpPrefix::isAll).toList(),
                node.servedAddresses(),
                node.isTagged(),
                node.ipv4() != null,
                node.ipv6() != null,
                0);
    }

    private static Ints held(Program program, @Nullable IpAddress address) {
        if (address == null) {
            return Ints.EMPTY;
        }
        int[] atoms = program.atomIndex().holding(address);
        if (atoms.length == 0) {
            return Ints.EMPTY;
        }
        for (int i = 0; i < atoms.length; i++) {
            atoms[i] = Tokens.ofAtom(atoms[i]);
        }
        return new Ints(atoms);
    }

    private static Ints postures(Program program, TailnetImage image, Node node) {
        int count = program.postures().size();
        return count == 0
                ? Ints.EMPTY
                : new Ints(IntStream.range(0, count)
                        .filter(i -> program.postures().get(i).holds(image, node))
                        .toArray());
    }
}
