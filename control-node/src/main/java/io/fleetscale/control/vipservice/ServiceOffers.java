package io.fleetscale.control.vipservice;

import com.google.protobuf.ByteString;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.wire.key.NodeKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which services clients offer: a client reports a mark of its list only, and is asked for the list when the mark is
 * another one. One question to a node at a time; one that fails is asked again a few times, and anew with the client's next
 * report. Thread-safe. Source: tailscale ipn/ipnlocal/serve.go, handleC2NVIPServicesGet.
 */
public final class ServiceOffers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceOffers.class);
    private static final ByteString REQUEST =
            ByteString.copyFromUtf8("GET /vip-services HTTP/1.1\r\nHost: c2n\r\nConnection: close\r\n\r\n");
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int MAX_TRIES = 6;
    /** Before the second try; each further one waits twice as long. The client may not have its stream yet. */
    private static final long FIRST_DELAY_MILLIS = 250;

    private final Changelog changelog;
    private final Ask ask;
    /** What the nodes that are being asked have reported. */
    private final ConcurrentHashMap<NodeId, String> asked = new ConcurrentHashMap<>();

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("service-offers").factory());

    /** Sends a raw HTTP/1.1 request to the handlers of a client; completes with its raw response. */
    @FunctionalInterface
    public interface Ask {
        CompletableFuture<ByteString> send(Node node, ByteString request, Duration timeout);
    }

    public ServiceOffers(Changelog changelog, Ask ask) {
        this.changelog = changelog;
        this.ask = ask;
    }

    /**
     * Takes what a client reports. Never blocks.
     *
     * @param hash empty: it offers nothing, which its host report itself has said
     */
    public void heard(NodeId id, String hash) {
        Node node = changelog.image().node(id);
        if (node != null && !hash.isEmpty() && !hash.equals(node.servicesHash()) && asked.put(id, hash) == null) {
            run(id, 1);
        }
    }

    private void run(NodeId id, int attempt) {
        Node node = changelog.image().node(id);
        String wanted = asked.get(id);
        if (node == null || wanted == null) {
            asked.remove(id);
            return;
        }
        CompletableFuture<?> unused = ask.send(node, REQUEST, LIMIT)
                .thenApply(OfferReply::parse)
                .thenCompose(reply -> store(id, node.nodeKey(), reply).thenApply(stored -> reply.hash()))
                .handle((hash, failure) -> {
                    if (failure == null && wanted.equals(hash) && asked.remove(id, wanted)) {
                        return true;
                    }
                    again(id, attempt, failure == null ? "its list is not the one that it reported" : reason(failure));
                    return false;
                });
    }

    private void again(NodeId id, int attempt, String why) {
        if (attempt < MAX_TRIES) {
            try {
                Future<?> unused = timer.schedule(
                        () -> run(id, attempt + 1), FIRST_DELAY_MILLIS << attempt - 1, TimeUnit.MILLISECONDS);
                return;
            } catch (RejectedExecutionException e) {
                // closed: the client reports again to whom it comes to
            }
        }
        asked.remove(id);
        LOG.atInfo().addKeyValue("node", id).addKeyValue("reason", why).log("a client does not say what it offers");
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return String.valueOf(cause.getMessage());
    }

    private CompletableFuture<Boolean> store(NodeId id, NodeKey key, OfferReply reply) {
        return changelog.write((image, context) -> {
            Node node = image.node(id);
            if (node == null || !node.nodeKey().equals(key)) {
                return Decision.unchanged(false);
            }
            Node changed = node.toBuilder()
                    .offeredServices(reply.offers().stream()
                            .map(offer -> known(node, offer))
                            .toList())
                    .servicesHash(reply.hash())
                    .build();
            return changed.equals(node)
                    ? Decision.unchanged(true)
                    : new Decision<>(List.of(new Change.NodePut(changed)), true);
        });
    }

    /** An offer that did not change keeps what came of it. */
    private static OfferedService known(Node node, OfferedService offer) {
        return node.offeredServices().stream()
                .filter(other ->
                        other.name().equals(offer.name()) && other.ports().equals(offer.ports()))
                .findFirst()
                .orElse(offer);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
