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
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Approves what the policy's {@code autoApprovers} approve: when a node announces a route or changes its owner or tags, and
 * when the policy changes. It only ever adds; what an administrator withdraws stays withdrawn until one of these happens.
 * Source: policy 7.2; headscale-surface 6.9. Thread-safe; called on the apply thread, where it only asks for a write.
 */
public final class RouteApprovals implements ImageListener {
    private static final Logger LOG = LoggerFactory.getLogger(RouteApprovals.class);

    private final Changelog changelog;
    private final Approvers approvers;
    private final BooleanSupplier elected;

    /** Which announced routes of a node the policy of an image approves. Pure. */
    @FunctionalInterface
    public interface Approvers {
        Collection<IpPrefix> approved(TailnetImage image, Node node);
    }

    /** @param elected whether this instance is the one that acts */
    public RouteApprovals(Changelog changelog, Approvers approvers, BooleanSupplier elected) {
        this.changelog = changelog;
        this.approvers = approvers;
        this.elected = elected;
    }

    @Override
    public void loaded(TailnetImage image) {
        // what was announced before was looked at when it was announced
    }

    @Override
    public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        List<NodeId> candidates = new ArrayList<>();
        for (Change change : delta.changes()) {
            switch (change) {
                case Change.NodePut(Node node) when isNews(before.node(node.id()), node) -> candidates.add(node.id());
                case Change.PolicyPut put ->
                    after.nodes().values().stream()
                            .filter(node -> !node.advertisedRoutes().isEmpty())
                            .forEach(node -> candidates.add(node.id()));
                default -> {}
            }
        }
        List<NodeId> lacking = candidates.stream()
                .distinct()
                .filter(id -> lacks(after, after.node(id)))
                .toList();
        if (lacking.isEmpty() || !elected.getAsBoolean()) {
            return;
        }
        CompletableFuture<List<NodeId>> unused = changelog.write(write(lacking)).whenComplete((approved, failure) -> {
            if (failure != null) {
                LOG.atWarn()
                        .addKeyValue("nodes", lacking)
                        .addKeyValue("reason", failure.getMessage())
                        .log("routes that the policy approves could not be approved");
            }
        });
    }

    private static boolean isNews(@Nullable Node before, Node after) {
        return !after.advertisedRoutes().isEmpty()
                && (before == null
                        || !before.advertisedRoutes().equals(after.advertisedRoutes())
                        || !before.tags().equals(after.tags())
                        || !Objects.equals(before.userId(), after.userId()));
    }

    private boolean lacks(TailnetImage image, @Nullable Node node) {
        return node != null && !node.approvedRoutes().containsAll(approvers.approved(image, node));
    }

    private HardWrite<List<NodeId>> write(List<NodeId> nodes) {
        return (image, context) -> {
            List<Change> changes = new ArrayList<>();
            List<NodeId> approved = new ArrayList<>();
            for (NodeId id : nodes) {
                Node node = image.node(id);
                if (node != null && lacks(image, node)) {
                    TreeSet<IpPrefix> routes = new TreeSet<>(node.approvedRoutes());
                    routes.addAll(approvers.approved(image, node));
                    changes.add(new Change.NodePut(
                            node.toBuilder().approvedRoutes(List.copyOf(routes)).build()));
                    approved.add(id);
                }
            }
            return new Decision<>(changes, approved);
        };
    }
}
