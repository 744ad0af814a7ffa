package io.fleetscale.loadtest.corpus;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tailnet of a capture as an image of ours. Source: policy 10.2, 10.8. */
final class CapturedTailnet {
    /** Nodes that did not settle have no time of creation; they count as the last. */
    private static final Instant LAST = Instant.parse("9999-01-01T00:00:00Z");

    private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");
    private static final PreAuthKeyId REGISTRATION = new PreAuthKeyId(1);

    /** The users of the captured tailnet; some captures hold only a stump of them. The first is the owner, the others are admins. */
    private static final List<Capture.CapturedUser> STANDARD_USERS = List.of(
            new Capture.CapturedUser(1, "odin", "odin@example.com"),
            new Capture.CapturedUser(2, "thor", "thor@example.org"),
            new Capture.CapturedUser(3, "freya", "freya@example.com"));

    private final TailnetImage image;
    private final Map<String, NodeId> ids;

    private CapturedTailnet(TailnetImage image, Map<String, NodeId> ids) {
        this.image = image;
        this.ids = ids;
    }

    /** Without a policy and without approved routes. */
    static CapturedTailnet of(Capture capture) {
        List<Capture.CapturedUser> users = capture.users().size() < STANDARD_USERS.size()
                        || capture.users().stream()
                                .anyMatch(user -> user.email().isEmpty())
                ? STANDARD_USERS
                : capture.users();
        List<Change> changes = new ArrayList<>();
        Map<String, UserId> userIds = new HashMap<>();
        for (Capture.CapturedUser user : users) {
            userIds.put(user.name(), new UserId(user.id()));
            changes.add(new Change.UserPut(user(user, user.equals(users.getFirst()) ? Role.OWNER : Role.ADMIN)));
        }
        changes.add(new Change.PreAuthKeyPut(
                registrationKey(new UserId(users.getFirst().id()))));
        Map<String, NodeId> ids = new HashMap<>();
        for (Map.Entry<String, Capture.CapturedNode> entry : capture.nodes().entrySet()) {
            NodeId id = new NodeId(ids.size() + 1);
            ids.put(entry.getKey(), id);
            Capture.View view = capture.views().get(entry.getKey());
            changes.add(new Change.NodePut(
                    node(id, entry.getKey(), entry.getValue(), userIds, view == null ? LAST : view.created())));
        }
        return new CapturedTailnet(TailnetImage.EMPTY.apply(new TailnetDelta(1, changes)), ids);
    }

    /** With the policy in force, the routes that it approves and the elected routers. */
    CapturedTailnet withPolicy(String text, Engine engine) {
        TailnetImage withPolicy = next(image, List.of(new Change.PolicyPut(new Policy(1, text, EPOCH))));
        List<Change> changes = new ArrayList<>();
        Map<IpPrefix, NodeId> primaries = new TreeMap<>();
        List<Node> firstCreated = withPolicy.nodes().values().stream()
                .sorted(Comparator.comparing(Node::createdAt).thenComparing(Node::id))
                .toList();
        for (Node node : firstCreated) {
            Collection<IpPrefix> approved = engine.autoApproved(withPolicy, node);
            changes.add(new Change.NodePut(node.toBuilder()
                    .approvedRoutes(approved.stream().sorted().toList())
                    .build()));
            approved.stream().filter(route -> !route.isAll()).forEach(route -> primaries.putIfAbsent(route, node.id()));
        }
        primaries.forEach((route, node) -> changes.add(new Change.PrimaryPut(route, node)));
        return new CapturedTailnet(next(withPolicy, changes), ids);
    }

    private static TailnetImage next(TailnetImage image, List<Change> changes) {
        return image.apply(new TailnetDelta(image.version() + 1, changes));
    }

    TailnetImage image() {
        return image;
    }

    /** @throws IllegalArgumentException if the topology has no such node */
    Node node(String name) {
        NodeId id = ids.get(name);
        Node node = id == null ? null : image.node(id);
        if (node == null) {
            throw new IllegalArgumentException("the topology has no node " + name);
        }
        return node;
    }

    private static Node node(
            NodeId id, String name, Capture.CapturedNode node, Map<String, UserId> users, Instant created) {
        Node.Builder builder = Node.builder(
                        id, MachineKey.of(key(2 * id.value())), NodeKey.of(key(2 * id.value() + 1)), "n" + id, created)
                .hostname(name)
                .givenName(name)
                .tags(node.tags().stream().sorted().toList())
                .ipv4(node.ipv4())
                .ipv6(node.ipv6())
                .advertisedRoutes(List.copyOf(node.advertised()));
        if (node.tags().isEmpty()) {
            UserId owner = users.get(node.user());
            if (owner == null) {
                throw new IllegalArgumentException("node " + name + " has neither tags nor a known user");
            }
            return builder.userId(owner).build();
        }
        return builder.preAuthKeyId(REGISTRATION).build();
    }

    private static User user(Capture.CapturedUser user, Role role) {
        return new User(
                new UserId(user.id()),
                user.name(),
                "",
                user.email(),
                "",
                "",
                "",
                EPOCH,
                role,
                List.of(),
                UnknownFieldSet.getDefaultInstance());
    }

    private static byte[] key(long number) {
        byte[] key = new byte[32];
        for (int i = 0; i < Long.BYTES; i++) {
            key[i] = (byte) (number >>> 8 * i);
        }
        return key;
    }

    private static PreAuthKey registrationKey(UserId user) {
        return new PreAuthKey(
                REGISTRATION,
                "captured",
                Bytes32.of(key(1)),
                user,
                true,
                false,
                true,
                List.of(),
                LAST,
                EPOCH,
                UnknownFieldSet.getDefaultInstance());
    }
}
