package io.fleetscale.relay.cluster;

import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.admission.Verdict;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The nodes that may use the relay, as the control servers push them: a node of the list is admitted without a question, also
 * while no control server answers; one that leaves the list is disconnected; about any other the next admission decides, which
 * asks. Thread-safe.
 */
public final class NodeList implements Admission, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeList.class);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(25);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);

    private final ControlClient client;
    private final Admission otherwise;
    private final Consumer<NodeKey> revoked;
    private final Set<NodeKey> nodes = ConcurrentHashMap.newKeySet();
    private final Thread thread = Thread.ofVirtual().name("node-list").unstarted(this::run);

    /** @param revoked hears of nodes that may no longer use the relay */
    public NodeList(ControlClient client, Admission otherwise, Consumer<NodeKey> revoked) {
        this.client = client;
        this.otherwise = otherwise;
        this.revoked = revoked;
    }

    public void start() {
        thread.start();
    }

    @Override
    public CompletionStage<Verdict> admit(NodeKey node, IpAddress source) {
        return nodes.contains(node)
                ? CompletableFuture.completedFuture(Verdict.ADMITTED)
                : otherwise.admit(node, source);
    }

    /** Nodes of the list. */
    public int size() {
        return nodes.size();
    }

    private void run() {
        String place = "";
        boolean failed = false;
        try {
            while (true) {
                try {
                    JsonNode page = client.get("/relay/v1/nodes?since=" + place, CALL_LIMIT);
                    take(page);
                    place = page.path("place").asString("");
                    failed = false;
                } catch (IOException | IllegalArgumentException e) {
                    if (!failed) {
                        failed = true;
                        LOG.atInfo()
                                .addKeyValue("reason", e.getMessage() == null ? e.toString() : e.getMessage())
                                .addKeyValue("nodes", nodes.size())
                                .log("the list of nodes is not renewed, the last one holds");
                    }
                    Thread.sleep(PAUSE_AFTER_FAILURE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(JsonNode page) {
        Set<NodeKey> added = keys(page.path("add"));
        Set<NodeKey> removed = keys(page.path("remove"));
        if (page.path("all").asBoolean(false)) {
            removed = new HashSet<>(nodes);
            removed.removeAll(added);
        }
        nodes.addAll(added);
        for (NodeKey key : removed) {
            nodes.remove(key);
            revoked.accept(key);
        }
    }

    private static Set<NodeKey> keys(JsonNode list) {
        Set<NodeKey> keys = new HashSet<>();
        for (JsonNode key : list) {
            keys.add(new NodeKey(Bytes32.of(HexFormat.of().parseHex(key.asString("")))));
        }
        return keys;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
