package io.fleetscale.control.device;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.AddressSettings;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.name.NodeNames;
import io.fleetscale.control.node.ExpiryChange;
import io.fleetscale.control.node.NodeDefaults;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagNames;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Nodes as the API v2 changes them. Thread-safe. Futures fail with NOT_FOUND for an unknown node and INVALID_ARGUMENT for a
 * refused value.
 */
public final class Devices {
    private final Changelog changelog;
    private final Nodes nodes;
    private final TagOwners tagOwners;

    public Devices(Changelog changelog, Nodes nodes, TagOwners tagOwners) {
        this.changelog = changelog;
        this.nodes = nodes;
        this.tagOwners = tagOwners;
    }

    /** What a change does to a node; null: it stays as it is. */
    @FunctionalInterface
    private interface Edit {
        Node edit(TailnetImage image, DecisionContext context, Node node);
    }

    public CompletableFuture<Node> delete(NodeId id) {
        return nodes.delete(id);
    }

    /** The device has to log in again. */
    public CompletableFuture<Node> expire(NodeId id) {
        return nodes.expire(id, new ExpiryChange.Now());
    }

    public CompletableFuture<Node> setAuthorized(NodeId id, boolean authorized) {
        return write(
                id,
                (image, context, node) ->
                        node.toBuilder().needsApproval(!authorized).build());
    }

    /**
     * Names a node.
     *
     * @param name a label, or the full name; empty: the name that its host name gives
     */
    public CompletableFuture<Node> setName(NodeId id, String name) {
        return write(id, (image, context, node) -> {
            String base = NodeDefaults.of(image).baseDomain();
            String label = name;
            String suffix = "." + base;
            String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
            if (!base.isEmpty() && bare.toLowerCase(Locale.ROOT).endsWith(suffix)) {
                label = bare.substring(0, bare.length() - suffix.length());
            }
            if (label.isEmpty()) {
                return node.toBuilder()
                        .givenName(NodeNames.unique(image, node.hostname(), id))
                        .build();
            }
            String wanted = label;
            NodeNames.labelProblem(wanted).ifPresent(problem -> {
                throw invalid("name " + NodeNames.quote(wanted) + " is not a valid DNS label: " + problem);
            });
            if (NodeNames.fqdn(wanted, base).isEmpty()) {
                throw invalid("name " + NodeNames.quote(wanted) + " is too long for the domain " + base);
            }
            if (!NodeNames.isFree(image, wanted, id)) {
                throw invalid("name " + NodeNames.quote(wanted) + " is in use by another device");
            }
            return node.toBuilder().givenName(wanted).build();
        });
    }

    /**
     * Replaces the tags. Without any, the node goes back to the user that registered it.
     *
     * @param permitted which tags the caller may assign, of those that exist
     */
    public CompletableFuture<Node> setTags(NodeId id, List<String> tags, Predicate<String> permitted) {
        return write(id, (image, context, node) -> {
            List<String> wanted = TagNames.normalise(tags);
            for (String tag : wanted) {
                TagNames.problem(tag).ifPresent(problem -> {
                    throw invalid("tag " + NodeNames.quote(tag) + ": " + problem);
                });
            }
            List<String> refused = wanted.stream()
                    .filter(tag -> !tagOwners.exists(image, tag) || !permitted.test(tag))
                    .toList();
            if (!refused.isEmpty()) {
                throw invalid(TagNames.refusal(refused));
            }
            if (!wanted.isEmpty()) {
                UserId former = node.isTagged() ? node.registeredBy() : node.userId();
                return node.toBuilder()
                        .tags(wanted)
                        .userId(null)
                        .registeredBy(former)
                        .build();
            }
            if (!node.isTagged()) {
                return node;
            }
            UserId owner = node.registeredBy();
            if (owner == null || image.user(owner) == null) {
                throw invalid("device " + node.stableId() + " has no user that it could belong to without tags");
            }
            return node.toBuilder()
                    .tags(List.of())
                    .userId(owner)
                    .registeredBy(null)
                    .build();
        });
    }

    /** Switches the expiry of the node key off, or on again with the end that it had. */
    public CompletableFuture<Node> setKeyExpiryDisabled(NodeId id, boolean disabled) {
        return write(id, (image, context, node) -> {
            Instant expiry = node.expiry();
            if (disabled) {
                return expiry == null
                        ? node
                        : node.toBuilder()
                                .expiry(null)
                                .expired(false)
                                .suspendedExpiry(expiry)
                                .build();
            }
            if (expiry != null) {
                return node;
            }
            Instant kept = node.suspendedExpiry();
            Instant end = kept != null
                    ? kept
                    : context.now().plus(NodeDefaults.of(image).tailnetExpiry());
            return node.toBuilder()
                    .expiry(end)
                    .expired(!end.isAfter(context.now()))
                    .suspendedExpiry(null)
                    .build();
        });
    }

    /** Gives the node another IPv4 address of the tailnet's prefix, which nobody has. */
    public CompletableFuture<Node> setIpv4(NodeId id, String text) {
        return write(id, (image, context, node) -> {
            IpAddress address;
            try {
                address = IpAddress.parse(text);
            } catch (IllegalArgumentException e) {
                throw invalid("ipv4 " + NodeNames.quote(text) + ": not an address");
            }
            IpPrefix pool = AddressSettings.of(image).v4();
            if (address.isV6() || pool == null || !pool.contains(address) || isReserved(pool, address)) {
                throw invalid("ipv4 " + text + ": must be a free address of " + pool);
            }
            Node holder = image.nodeByAddress(address);
            if (holder != null && !holder.id().equals(id)) {
                throw invalid("ipv4 " + text + ": belongs to another device");
            }
            return node.toBuilder().ipv4(address).build();
        });
    }

    /** Network address, broadcast, and MagicDNS's own. */
    private static boolean isReserved(IpPrefix pool, IpAddress address) {
        return address.equals(pool.address())
                || address.equals(IpAddress.parse("100.100.100.100"))
                || pool.last().equals(address);
    }

    /** Replaces the enabled routes; those that the node does not announce wait until it does. */
    public CompletableFuture<Node> setRoutes(NodeId id, List<String> routes) {
        TreeSet<IpPrefix> parsed = new TreeSet<>();
        for (String text : routes) {
            IpPrefix route;
            try {
                route = IpPrefix.parse(text);
            } catch (IllegalArgumentException e) {
                return CompletableFuture.failedFuture(invalid("route " + NodeNames.quote(text) + ": not a prefix"));
            }
            if (!route.equals(route.masked())) {
                return CompletableFuture.failedFuture(
                        invalid("route " + text + ": has bits set beyond its length, write " + route.masked()));
            }
            parsed.add(route);
        }
        return nodes.setApprovedRoutes(
                id, parsed.stream().map(IpPrefix::toString).toList());
    }

    private CompletableFuture<Node> write(NodeId id, Edit edit) {
        return changelog.write(decision(id, edit));
    }

    private static HardWrite<Node> decision(NodeId id, Edit edit) {
        return (image, context) -> {
            Node node = Nodes.require(image, id);
            Node changed = edit.edit(image, context, node);
            return changed.equals(node) ? Decision.unchanged(node) : Decision.of(changed, new Change.NodePut(changed));
        };
    }

    /** The node that a path names: by its number or its stable identifier; null if there is none. */
    public static @Nullable Node find(TailnetImage image, String id) {
        if (!id.isEmpty() && id.length() <= 16 && id.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return image.node(new NodeId(Long.parseLong(id)));
        }
        for (Node node : image.nodes().values()) {
            if (node.stableId().equals(id)) {
                return node;
            }
        }
        return null;
    }

    private static ControlException invalid(String detail) {
        return new ControlException(ErrorCode.INVALID_ARGUMENT, detail);
    }
}
