package io.fleetscale.control.route;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A log whose writes take their consequences for routes along: what the policy approves of a node's announcement is approved,
 * and who serves a route is elected, under the same number. Approval only adds. It looks at routes that a node announces anew,
 * at all routes of a node that registers or changes its owner or tags, and after a change of the policy at those that the
 * policy before did not approve: what an administrator took away stays away otherwise. Thread-safe. Source: policy 7.2, 4.3.
 */
public final class RoutingChangelog implements Changelog {
    private final Changelog log;
    private final RouteApprovers approvers;

    public RoutingChangelog(Changelog log, RouteApprovers approvers) {
        this.log = log;
        this.approvers = approvers;
    }

    @Override
    public <R> CompletableFuture<R> write(HardWrite<R> write) {
        return log.write((image, context) -> withRoutes(image, write.decide(image, context)));
    }

    private <R> Decision<R> withRoutes(TailnetImage image, Decision<R> decision) {
        boolean policyChanges = decision.changes().stream().anyMatch(Change.PolicyPut.class::isInstance);
        Set<NodeId> nodes = new HashSet<>();
        for (Change change : decision.changes()) {
            switch (change) {
                case Change.NodePut(Node node) when concernsRoutes(image.node(node.id()), node) -> nodes.add(node.id());
                case Change.NodeRemoved(NodeId id) when isRouter(image.node(id)) -> nodes.add(id);
                default -> {}
            }
        }
        if (nodes.isEmpty() && !policyChanges) {
            return decision;
        }
        TailnetImage after = apply(image, decision.changes());
        List<Change> changes = new ArrayList<>(decision.changes());
        Map<NodeId, Node> approved = new HashMap<>();
        Collection<Node> candidates = policyChanges
                ? after.nodes().values()
                : nodes.stream().map(after::node).filter(node -> node != null).toList();
        for (Node node : candidates) {
            Node better = approve(image, after, node, policyChanges);
            if (!better.equals(node)) {
                approved.put(node.id(), better);
            }
        }
        approved.values().forEach(node -> changes.add(new Change.NodePut(node)));
        TailnetImage routed = approved.isEmpty() ? after : apply(image, changes);
        changes.addAll(PrimaryElection.changes(routed));
        return new Decision<>(changes, decision.reply());
    }

    private static TailnetImage apply(TailnetImage image, List<Change> changes) {
        return image.apply(new TailnetDelta(image.version() + 1, changes));
    }

    private static boolean isRouter(@Nullable Node node) {
        return node != null
                && (!node.approvedRoutes().isEmpty() || !node.offeredServices().isEmpty());
    }

    /** Whether approvals or elections may come out differently. */
    private static boolean concernsRoutes(@Nullable Node before, Node node) {
        if (node.advertisedRoutes().isEmpty() && node.offeredServices().isEmpty() && !isRouter(before)) {
            return false;
        }
        return before == null
                || !before.advertisedRoutes().equals(node.advertisedRoutes())
                || !before.approvedRoutes().equals(node.approvedRoutes())
                || !before.offeredServices().equals(node.offeredServices())
                || isAnothers(before, node)
                || before.expired() != node.expired()
                || before.needsApproval() != node.needsApproval()
                || before.routerState() != node.routerState();
    }

    private static boolean isAnothers(Node before, Node node) {
        return !before.owner().equals(node.owner()) || !before.tags().equals(node.tags());
    }

    /** The node with the routes that it has earned; the same object if there are none. */
    private Node approve(TailnetImage before, TailnetImage after, Node node, boolean policyChanges) {
        if (node.advertisedRoutes().isEmpty() || node.approvedRoutes().containsAll(node.advertisedRoutes())) {
            return node;
        }
        Node known = before.node(node.id());
        Set<IpPrefix> earned = new TreeSet<>(approvers.approved(after, node));
        if (known != null && !isAnothers(known, node)) {
            List<IpPrefix> announced = known.advertisedRoutes();
            Collection<IpPrefix> waiting = policyChanges ? approvers.approved(before, known) : announced;
            earned.removeIf(route -> announced.contains(route) && waiting.contains(route));
        }
        earned.addAll(node.approvedRoutes());
        return earned.size() == node.approvedRoutes().size()
                ? node
                : node.toBuilder().approvedRoutes(List.copyOf(earned)).build();
    }

    @Override
    public TailnetImage image() {
        return log.image();
    }

    @Override
    public CompletableFuture<TailnetImage> current() {
        return log.current();
    }

    @Override
    public void addListener(ImageListener listener) {
        log.addListener(listener);
    }
}
