package io.fleetscale.control.policy.direct;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.policy.testing.PlainEnvironment;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Nodes 100.64.0.1 and fd7a:115c:a1e0::1, .2, ... in the order in which they are added, created in that order. */
final class SmallTailnet {
    private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");

    private final List<Change> changes = new ArrayList<>();
    private final Map<String, UserId> users = new HashMap<>();
    private final Map<IpPrefix, NodeId> primaries = new HashMap<>();
    private int nodes;

    /** @param owner a login, or tags separated by commas */
    Node add(String owner, String... routes) {
        int number = ++nodes;
        byte[] key = new byte[32];
        key[0] = (byte) number;
        List<IpPrefix> prefixes =
                Stream.of(routes).map(IpPrefix::parse).sorted().toList();
        Node.Builder builder = Node.builder(
                        new NodeId(number),
                        MachineKey.of(key),
                        NodeKey.of(key),
                        "n" + number,
                        CREATED.plusSeconds(number))
                .givenName("n" + number)
                .ipv4(IpAddress.parse("100.64.0." + number))
                .ipv6(IpAddress.parse("fd7a:115c:a1e0::" + number))
                .routerState(RouterState.SERVING)
                .advertisedRoutes(prefixes)
                .approvedRoutes(prefixes);
        Node node = (owner.startsWith("tag:")
                        ? builder.tags(List.of(owner.split(",", -1)))
                        : builder.userId(userId(owner)))
                .build();
        changes.add(new Change.NodePut(node));
        prefixes.stream().filter(route -> !route.isAll()).forEach(route -> primaries.putIfAbsent(route, node.id()));
        return node;
    }

    void elect(String route, Node node) {
        primaries.put(IpPrefix.parse(route), node.id());
    }

    private UserId userId(String login) {
        return users.computeIfAbsent(login, absent -> {
            UserId id = new UserId(users.size() + 1L);
            changes.add(new Change.UserPut(
                    new User(id, "", "", login, "", "", "", CREATED, UnknownFieldSet.getDefaultInstance())));
            return id;
        });
    }

    DirectPolicy with(String policy) {
        List<Change> all = new ArrayList<>(changes);
        primaries.forEach((route, node) -> all.add(new Change.PrimaryPut(route, node)));
        all.add(new Change.PolicyPut(new Policy(1, policy, CREATED)));
        TailnetImage image = TailnetImage.EMPTY.apply(new TailnetDelta(1, all));
        return DirectPolicy.of(image, new PlainEnvironment());
    }
}
