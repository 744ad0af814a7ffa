package io.fleetscale.control.route;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the routers of the tailnet: what is seen of their sessions becomes their state in the log, and with it who serves
 * which route. On the instance that acts. Thread-safe; a virtual thread of its own looks four times a second, at routers only.
 */
public final class RouterWatch implements ImageListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RouterWatch.class);
    /** Users may notice a lost router for three seconds, of which two are its client's to come back. */
    private static final Duration INTERVAL = Duration.ofMillis(250);

    private static final Duration WRITE_LIMIT = Duration.ofSeconds(10);

    private final Changelog changelog;
    private final Function<NodeId, RouterState> seen;
    private final BooleanSupplier acts;
    private final Set<NodeId> routers = new ConcurrentSkipListSet<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("routers").factory());

    /**
     * @param seen what this instance knows of a router's session; may block
     * @param acts whether this instance is the one that acts; asked before each round
     */
    public RouterWatch(Changelog changelog, Function<NodeId, RouterState> seen, BooleanSupplier acts) {
        this.changelog = changelog;
        this.seen = seen;
        this.acts = acts;
    }

    public void start() {
        Future<?> unused = timer.scheduleWithFixedDelay(
                this::round, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void loaded(TailnetImage image) {
        routers.clear();
        image.nodes().values().forEach(this::take);
    }

    @Override
    public void applied(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        for (Change change : delta.changes()) {
            switch (change) {
                case Change.NodePut(Node node) -> take(node);
                case Change.NodeRemoved(NodeId id) -> routers.remove(id);
                default -> {}
            }
        }
    }

    private void take(Node node) {
        boolean serves = !node.offeredServices().isEmpty()
                || !node.advertisedRoutes().stream().allMatch(IpPrefix::isAll);
        if (node.expired() || !serves) {
            routers.remove(node.id());
        } else {
            routers.add(node.id());
        }
    }

    /** How many nodes announce subnet routes or services. */
    public int routers() {
        return routers.size();
    }

    /** A failed round is logged in a line; the next one tries again. */
    void round() {
        try {
            TailnetImage image = changelog.image();
            if ((routers.isEmpty() && image.primaries().isEmpty()) || !acts.getAsBoolean()) {
                return;
            }
            if (!changes(image).isEmpty()) {
                List<Change> made = changelog.write(write()).get(WRITE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
                LOG.atInfo().addKeyValue("changes", made.size()).log("routers: sessions or elections changed");
            }
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            LOG.atWarn().addKeyValue("reason", cause.getMessage()).log("routers could not be elected, trying again");
        } catch (TimeoutException e) {
            LOG.atWarn().addKeyValue("limit", WRITE_LIMIT).log("an election of routers takes too long, trying again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("an election of routers failed");
        }
    }

    private HardWrite<List<Change>> write() {
        return (image, context) -> {
            List<Change> changes = changes(image);
            return new Decision<>(changes, changes);
        };
    }

    /** New states, and what the election makes of them. */
    private List<Change> changes(TailnetImage image) {
        List<Change> changes = new ArrayList<>();
        for (NodeId id : routers) {
            Node node = image.node(id);
            RouterState state = node == null ? RouterState.UNKNOWN : seen.apply(id);
            if (node != null && state != RouterState.UNKNOWN && state != node.routerState()) {
                changes.add(
                        new Change.NodePut(node.toBuilder().routerState(state).build()));
            }
        }
        TailnetImage next = changes.isEmpty() ? image : image.apply(new TailnetDelta(image.version() + 1, changes));
        changes.addAll(PrimaryElection.changes(next, routersOf(next)));
        return changes;
    }

    private Collection<Node> routersOf(TailnetImage image) {
        List<Node> nodes = new ArrayList<>();
        for (NodeId id : routers) {
            Node node = image.node(id);
            if (node != null) {
                nodes.add(node);
            }
        }
        return nodes;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
