package io.fleetscale.control.node;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Nodes as administrators, clients and the singleton's clocks change them. Thread-safe. Every future fails with a {@link
 * ControlException} whose code and text are headscale's. Source: headscale-surface 1.4 "Nodes".
 */
public final class Nodes {
    private final Changelog changelog;
    private final TagOwners tagOwners;

    public Nodes(Changelog changelog, TagOwners tagOwners) {
        this.changelog = changelog;
        this.tagOwners = tagOwners;
    }

    /** NOT_FOUND {@code node not found}. */
    public CompletableFuture<Node> get(NodeId id) {
        return changelog.current().thenApply(image -> require(image, id));
    }

    /**
     * By number, ascending.
     *
     * @param userName empty = all; else the nodes that this user owns, without tagged ones. UNKNOWN {@code user not found}
     *     or {@code expected exactly one user, found N}
     */
    public CompletableFuture<List<Node>> list(String userName) {
        return changelog.current().thenApply(image -> {
            if (userName.isEmpty()) {
                return List.copyOf(image.nodes().values());
            }
            User user = Users.requireByName(image, userName);
            return image.nodes().values().stream()
                    .filter(node -> user.id().equals(node.userId()))
                    .toList();
        });
    }

    /**
     * Gives a node a name that stays until an administrator changes it. UNKNOWN {@code renaming node: ...} for a bad label,
     * {@code node name is not unique: x}, {@code node no longer exists in NodeStore: N}.
     */
    public CompletableFuture<Node> rename(NodeId id, String newName) {
        return changelog.write(NodeWrites.rename(id, newName));
    }

    /** Changes the expiry of a node's key. UNKNOWN {@code node no longer exists in NodeStore: N}. */
    public CompletableFuture<Node> expire(NodeId id, ExpiryChange change) {
        return changelog.write(NodeWrites.expire(id, change));
    }

    /**
     * Gives an owned node to another user, by number or by a name that only one user has; its keys, addresses and name stay.
     * NOT_FOUND {@code node not found}, UNKNOWN {@code user not found}, FAILED_PRECONDITION for a tagged node.
     */
    public CompletableFuture<Node> move(NodeId id, String user) {
        return changelog.write(NodeWrites.move(id, user));
    }

    /** Removes a node and frees its addresses; completes with what was removed. NOT_FOUND {@code node not found}. */
    public CompletableFuture<Node> delete(NodeId id) {
        return changelog.write(NodeWrites.delete(id));
    }

    /**
     * Replaces the tags; an owned node loses its owner, the expiry stays. INVALID_ARGUMENT for an empty list or tags that
     * the policy does not define, UNKNOWN for a malformed tag, NOT_FOUND {@code node not found}.
     */
    public CompletableFuture<Node> setTags(NodeId id, List<String> tags) {
        return changelog.write(NodeWrites.setTags(id, tags, tagOwners));
    }

    /**
     * Replaces the approved routes; either exit route stands for both. UNKNOWN {@code parsing route: ...}, INVALID_ARGUMENT
     * {@code node no longer exists in NodeStore: N}.
     */
    public CompletableFuture<Node> setApprovedRoutes(NodeId id, List<String> routes) {
        return changelog.write(NodeWrites.setApprovedRoutes(id, routes));
    }

    /**
     * Gives every node an address of each configured family and takes away those of others; completes with one line for
     * each change. UNKNOWN {@code not confirmed, aborting}.
     */
    public CompletableFuture<List<String>> backfillAddresses(boolean confirmed) {
        if (!confirmed) {
            return CompletableFuture.failedFuture(new ControlException(ErrorCode.UNKNOWN, "not confirmed, aborting"));
        }
        return changelog.write(NodeWrites.backfillAddresses());
    }

    /**
     * Stores what a running client says of its host where that is hard state: host name and the name derived from it,
     * advertised routes, facts for policies. Completes with the node, or empty when it is gone or its key is no longer
     * {@code nodeKey}. Takes no number of the log when nothing changed.
     */
    public CompletableFuture<Optional<Node>> reportHost(NodeId id, NodeKey nodeKey, Hostinfo hostinfo) {
        return changelog.write(NodeWrites.reportHost(id, nodeKey, hostinfo));
    }

    /** Marks the nodes whose expiry has passed; for the singleton, every few seconds. Completes with the marked ones. */
    public CompletableFuture<List<NodeId>> markExpired() {
        return changelog.write(NodeWrites.markExpired());
    }

    /**
     * Removes an ephemeral node that was away for too long; for the singleton. Changes nothing and completes with false when
     * the node is gone, is not ephemeral any more, or has registered again with another key.
     */
    public CompletableFuture<Boolean> removeEphemeral(NodeId id, NodeKey nodeKey) {
        return changelog.write(NodeWrites.removeEphemeral(id, nodeKey));
    }

    /** The node of a number; NOT_FOUND {@code node not found}. */
    public static Node require(TailnetImage image, NodeId id) {
        Node node = image.node(id);
        if (node == null) {
            throw new ControlException(ErrorCode.NOT_FOUND, "node not found");
        }
        return node;
    }
}
