package io.fleetscale.control.node;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.AddressPool;
import io.fleetscale.control.address.AddressSettings;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.name.NodeNames;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The decisions on nodes. Pure. */
public final class NodeWrites {
    private NodeWrites() {}

    static HardWrite<Node> rename(NodeId id, String newName) {
        return (image, context) -> {
            NodeNames.labelProblem(newName).ifPresent(problem -> {
                throw new ControlException(ErrorCode.UNKNOWN, "renaming node: " + invalidName(newName, problem));
            });
            if (NodeNames.fqdn(newName, NodeDefaults.of(image).baseDomain()).isEmpty()) {
                throw new ControlException(
                        ErrorCode.UNKNOWN,
                        "renaming node: creating valid FQDN (" + newName
                                + "): hostname too long, cannot accept more than " + NodeNames.MAX_FQDN_BYTES
                                + " ASCII chars");
            }
            if (!NodeNames.isFree(image, newName, id)) {
                throw new ControlException(ErrorCode.UNKNOWN, "node name is not unique: " + newName);
            }
            return put(requireStored(image, id, ErrorCode.UNKNOWN), builder -> builder.givenName(newName));
        };
    }

    static HardWrite<Node> expire(NodeId id, ExpiryChange change) {
        return (image, context) -> {
            Node node = requireStored(image, id, ErrorCode.UNKNOWN);
            Instant expiry = switch (change) {
                case ExpiryChange.Now() -> context.now();
                case ExpiryChange.At(Instant at) -> at;
                case ExpiryChange.Never() -> null;
            };
            boolean expired = expiry != null && !expiry.isAfter(context.now());
            return put(node, builder -> builder.expiry(expiry).expired(expired));
        };
    }

    static HardWrite<Node> move(NodeId id, String user) {
        return (image, context) -> {
            Node node = Nodes.require(image, id);
            User owner = Users.requireByIdOrName(image, user);
            if (node.isTagged()) {
                throw new ControlException(
                        ErrorCode.FAILED_PRECONDITION,
                        "node " + id + " is tagged and has no owner to change; let its user log in again without tags");
            }
            return put(node, builder -> builder.userId(owner.id()));
        };
    }

    static HardWrite<Node> delete(NodeId id) {
        return (image, context) -> {
            Node node = Nodes.require(image, id);
            return new Decision<>(removal(image, node), node);
        };
    }

    static HardWrite<Node> setTags(NodeId id, List<String> tags, TagOwners owners) {
        return (image, context) -> {
            if (tags.isEmpty()) {
                throw new ControlException(
                        ErrorCode.INVALID_ARGUMENT,
                        "cannot remove all tags from a node - tagged nodes must have at least one tag");
            }
            for (String tag : tags) {
                TagNames.problem(tag).ifPresent(problem -> {
                    throw new ControlException(ErrorCode.UNKNOWN, problem);
                });
            }
            Node node = Nodes.require(image, id);
            List<String> unknown =
                    tags.stream().filter(tag -> !owners.exists(image, tag)).toList();
            if (!unknown.isEmpty()) {
                throw new ControlException(ErrorCode.INVALID_ARGUMENT, TagNames.refusal(unknown));
            }
            return put(
                    node,
                    builder -> builder.tags(TagNames.normalise(tags))
                            .registeredBy(node.isTagged() ? node.registeredBy() : node.userId())
                            .userId(null));
        };
    }

    static HardWrite<Node> setApprovedRoutes(NodeId id, List<String> routes) {
        return (image, context) -> {
            List<IpPrefix> approved = parseRoutes(routes);
            Node node = requireStored(image, id, ErrorCode.INVALID_ARGUMENT);
            Node changed = node.toBuilder().approvedRoutes(approved).build();
            if (changed.equals(node)) {
                return Decision.unchanged(node);
            }
            List<Change> changes = new ArrayList<>();
            changes.add(new Change.NodePut(changed));
            changes.addAll(lostPrimaries(
                    image,
                    id,
                    route -> !approved.contains(route)
                            && !changed.servedAddresses().contains(route)));
            return new Decision<>(changes, changed);
        };
    }

    static HardWrite<List<String>> backfillAddresses() {
        return (image, context) -> {
            AddressSettings settings = AddressSettings.of(image);
            List<Change> changes = new ArrayList<>();
            List<String> lines = new ArrayList<>();
            TailnetImage working = image;
            for (Node node : image.nodes().values()) {
                AddressPool pool = new AddressPool(working, context.random());
                Node filled = backfilled(node, settings, pool, lines);
                if (!filled.equals(node)) {
                    Change change = new Change.NodePut(filled);
                    changes.add(change);
                    working = working.apply(new TailnetDelta(working.version() + 1, List.of(change)));
                }
            }
            return new Decision<>(changes, List.copyOf(lines));
        };
    }

    static HardWrite<Optional<Node>> reportHost(NodeId id, NodeKey nodeKey, Hostinfo hostinfo) {
        return (image, context) -> {
            Node node = image.node(id);
            if (node == null || !node.nodeKey().equals(nodeKey)) {
                return Decision.unchanged(Optional.empty());
            }
            Node reported = HostReport.apply(image, node, hostinfo);
            if (reported.equals(node)) {
                return Decision.unchanged(Optional.of(node));
            }
            List<Change> changes = new ArrayList<>();
            changes.add(new Change.NodePut(reported));
            changes.addAll(lostPrimaries(
                    image,
                    id,
                    route -> !reported.advertisedRoutes().contains(route)
                            && !reported.servedAddresses().contains(route)));
            return new Decision<>(changes, Optional.of(reported));
        };
    }

    static HardWrite<List<NodeId>> markExpired() {
        return (image, context) -> {
            List<Node> expired = image.nodes().values().stream()
                    .filter(node -> !node.expired() && node.isExpiredAt(context.now()))
                    .toList();
            List<Change> changes = expired.stream()
                    .<Change>map(node ->
                            new Change.NodePut(node.toBuilder().expired(true).build()))
                    .toList();
            return new Decision<>(changes, expired.stream().map(Node::id).toList());
        };
    }

    static HardWrite<Boolean> removeEphemeral(NodeId id, NodeKey nodeKey) {
        return (image, context) -> {
            Node node = image.node(id);
            if (node == null || !node.ephemeral() || !node.nodeKey().equals(nodeKey)) {
                return Decision.unchanged(false);
            }
            return new Decision<>(removal(image, node), true);
        };
    }

    /** What removes a node: its record, and its place as primary of routes. */
    public static List<Change> removal(TailnetImage image, Node node) {
        List<Change> changes = new ArrayList<>(lostPrimaries(image, node.id(), route -> true));
        changes.add(new Change.NodeRemoved(node.id()));
        return changes;
    }

    private static List<Change> lostPrimaries(TailnetImage image, NodeId id, Predicate<IpPrefix> lost) {
        List<Change> changes = new ArrayList<>();
        for (Map.Entry<IpPrefix, NodeId> primary : image.primaries().entrySet()) {
            if (primary.getValue().equals(id) && lost.test(primary.getKey())) {
                changes.add(new Change.PrimaryRemoved(primary.getKey()));
            }
        }
        return changes;
    }

    private static List<IpPrefix> parseRoutes(List<String> routes) {
        TreeSet<IpPrefix> parsed = new TreeSet<>();
        for (String text : routes) {
            IpPrefix route;
            try {
                route = IpPrefix.parse(text);
            } catch (IllegalArgumentException e) {
                throw new ControlException(ErrorCode.UNKNOWN, "parsing route: " + parseProblem(text, e));
            }
            parsed.add(route);
            if (route.isAll()) {
                parsed.add(IpPrefix.ALL_V4);
                parsed.add(IpPrefix.ALL_V6);
            }
        }
        return List.copyOf(parsed);
    }

    private static String parseProblem(String text, IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        int reason = message.lastIndexOf("\": ");
        return "netip.ParsePrefix(" + NodeNames.quote(text) + "): "
                + (reason < 0 ? message : message.substring(reason + 3));
    }

    private static Node backfilled(Node node, AddressSettings settings, AddressPool pool, List<String> lines) {
        Node.Builder builder = node.toBuilder();
        String of = "Node(" + node.id() + ") " + NodeNames.quote(node.hostname());
        if (settings.v4() != null && node.ipv4() == null) {
            builder.ipv4(pool.nextV4());
            lines.add("assigned IPv4 \"" + builder.build().ipv4() + "\" to " + of);
        } else if (settings.v4() == null && node.ipv4() != null) {
            lines.add("removing IPv4 \"" + node.ipv4() + "\" from " + of);
            builder.ipv4(null);
        }
        if (settings.v6() != null && node.ipv6() == null) {
            builder.ipv6(pool.nextV6());
            lines.add("assigned IPv6 \"" + builder.build().ipv6() + "\" to " + of);
        } else if (settings.v6() == null && node.ipv6() != null) {
            lines.add("removing IPv6 \"" + node.ipv6() + "\" from " + of);
            builder.ipv6(null);
        }
        return builder.build();
    }

    private static Decision<Node> put(Node node, UnaryOperator<Node.Builder> edit) {
        Node changed = edit.apply(node.toBuilder()).build();
        return changed.equals(node) ? Decision.unchanged(node) : Decision.of(changed, new Change.NodePut(changed));
    }

    private static String invalidName(String name, String problem) {
        return NodeNames.quote(name) + " is not a valid DNS label: " + problem;
    }

    private static Node requireStored(TailnetImage image, NodeId id, ErrorCode code) {
        Node node = image.node(id);
        if (node == null) {
            throw new ControlException(code, ErrorCode.NOT_FOUND, "node no longer exists in NodeStore: " + id);
        }
        return node;
    }
}
