package io.fleetscale.control.vipservice;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A log whose writes take along who serves which service: after a change of a service, of the policy or of a node that offers
 * services, under the same number. Thread-safe.
 */
public final class HostingChangelog implements Changelog {
    private final Changelog log;
    private final ServiceHosting hosting;

    /** @param log elects the hosts of a service, as it does routers */
    public HostingChangelog(Changelog log, ServiceHosting hosting) {
        this.log = log;
        this.hosting = hosting;
    }

    @Override
    public <R> CompletableFuture<R> write(HardWrite<R> write) {
        return log.write((image, context) -> withHosts(image, write.decide(image, context)));
    }

    /** Brings all nodes in step: what the configuration allows may have changed while no server ran. Completes with their number. */
    public CompletableFuture<Integer> settle() {
        if (changes(image(), image().nodes().values()).isEmpty()) {
            return CompletableFuture.completedFuture(0);
        }
        return log.write((image, context) -> {
            List<Change> changes = changes(image, image.nodes().values());
            return new Decision<>(changes, changes.size());
        });
    }

    private <R> Decision<R> withHosts(TailnetImage image, Decision<R> decision) {
        boolean all = false;
        Set<NodeId> ids = new HashSet<>();
        for (Change change : decision.changes()) {
            switch (change) {
                case Change.NodePut(Node node) when !node.offeredServices().isEmpty() -> ids.add(node.id());
                case Change.PolicyPut put -> all = true;
                case Change.ResourcePut put -> all |= put.resource().kind().equals(VipService.KIND.name());
                case Change.ResourceRemoved removed -> all |= removed.kind().equals(VipService.KIND.name());
                default -> {}
            }
        }
        if (!all && ids.isEmpty()) {
            return decision;
        }
        TailnetImage after = image.apply(new TailnetDelta(image.version() + 1, decision.changes()));
        List<Change> more = changes(
                after,
                all
                        ? after.nodes().values()
                        : ids.stream().map(after::node).filter(Objects::nonNull).toList());
        if (more.isEmpty()) {
            return decision;
        }
        List<Change> changes = new ArrayList<>(decision.changes());
        changes.addAll(more);
        return new Decision<>(changes, decision.reply());
    }

    private List<Change> changes(TailnetImage image, Collection<Node> nodes) {
        List<Change> changes = new ArrayList<>();
        for (Node node : nodes) {
            Node settled = hosting.settled(image, node);
            if (!settled.equals(node)) {
                changes.add(new Change.NodePut(settled));
            }
        }
        return changes;
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
