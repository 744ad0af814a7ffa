package io.fleetscale.control.flowlog;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.zstd.ZstdFrames;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where clients upload their logs, as Tailscale's log server takes them. Of all collections only that of the flow logs is kept.
 * A client sends again whatever is not answered with 200, so that only what may succeed later is answered otherwise.
 * Thread-safe; handlers block. Source: tailscale logtail/logtail.go, logtail/api.md.
 */
public final class FlowLogUploads {
    /** Source: tailscale wgengine/netlog/netlog.go, Startup. */
    static final String COLLECTION = "tailtraffic.log.tailscale.io";
    /** A client adds one entry of 256 KiB at most to a body of 256 KiB at most. Source: tailscale logtail/logtail.go, maxSize. */
    private static final int MAX_BODY_BYTES = 1024 * 1024;

    private static final int STORE_LIMIT_SECONDS = 20;
    private static final String RETRY_SECONDS = "30";
    private static final Logger LOG = LoggerFactory.getLogger(FlowLogUploads.class);

    private final Changelog changelog;
    private final FlowLogIds ids;
    private final FlowLogWriter writer;
    private final NodeBudget budget;
    private final Map<Outcome, LongAdder> counts = new EnumMap<>(Outcome.class);

    /** What became of an upload. */
    public enum Outcome {
        STORED,
        /** Of another collection, or with the logs switched off. */
        DROPPED,
        /** Not of a node of this tailnet. */
        REFUSED,
        MALFORMED,
        /** More than a node may upload. */
        LIMITED,
        /** The database has no room for it now. */
        BUSY
    }

    public FlowLogUploads(Changelog changelog, FlowLogIds ids, FlowLogWriter writer, LongSupplier nanoTime) {
        this.changelog = changelog;
        this.ids = ids;
        this.writer = writer;
        this.budget = new NodeBudget(nanoTime);
        for (Outcome outcome : Outcome.values()) {
            counts.put(outcome, new LongAdder());
        }
    }

    public void register(RouteTable.Builder routes) {
        routes.route("POST", "/c/{collection}/{id}", MAX_BODY_BYTES, this::upload);
    }

    /** How many uploads ended so. */
    public long count(Outcome outcome) {
        LongAdder adder = counts.get(outcome);
        return adder == null ? 0 : adder.sum();
    }

    HttpReply upload(HttpCall call) throws InterruptedException {
        if (!call.variable("collection").equals(COLLECTION)) {
            return counted(Outcome.DROPPED);
        }
        Optional<NodeId> id = ids.node(call.variable("id"))
                .filter(found -> call.query("copyId").filter(ids::isTailnet).isPresent());
        TailnetImage image = changelog.image();
        Node node = id.isPresent() ? image.node(id.get()) : null;
        if (node == null) {
            return counted(Outcome.REFUSED);
        }
        if (!TailnetSettings.of(image).networkFlowLoggingOn()) {
            return counted(Outcome.DROPPED);
        }
        FlowRecords records;
        try {
            byte[] body = body(call);
            if (!budget.take(node.id(), body.length)) {
                return counted(Outcome.LIMITED);
            }
            records = FlowRecords.read(body, node.stableId());
        } catch (IllegalArgumentException e) {
            LOG.atInfo()
                    .addKeyValue("node", node.id())
                    .addKeyValue("reason", e.getMessage())
                    .log("an upload of flow logs cannot be read");
            return counted(Outcome.MALFORMED);
        }
        if (records.malformed() > 0) {
            LOG.atInfo()
                    .addKeyValue("node", node.id())
                    .addKeyValue("records", records.malformed())
                    .log("flow logs that cannot be used were dropped");
        }
        return counted(records.records().isEmpty() || store(records) ? Outcome.STORED : Outcome.BUSY);
    }

    private static byte[] body(HttpCall call) {
        String encoding = call.header("Content-Encoding").orElse("identity");
        return switch (encoding) {
            case "identity" -> call.body();
            case "zstd" -> ZstdFrames.decompress(call.body(), MAX_BODY_BYTES);
            default -> throw new IllegalArgumentException("content encoding: only zstd is known");
        };
    }

    private boolean store(FlowRecords records) throws InterruptedException {
        try {
            return writer.store(records.records()).get(STORE_LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("storing completes with an answer", e);
        }
    }

    private HttpReply counted(Outcome outcome) {
        LongAdder adder = counts.get(outcome);
        if (adder != null) {
            adder.increment();
        }
        return switch (outcome) {
            // without a body: clients do not read it, and would connect anew for the next upload
            case STORED, DROPPED -> HttpReply.empty(200);
            case REFUSED -> HttpReply.json(403, "{\"error\":\"unknown log id\"}");
            case MALFORMED -> HttpReply.json(400, "{\"error\":\"the body is no JSON, or too long\"}");
            case LIMITED ->
                HttpReply.json(429, "{\"error\":\"too much at once\"}").withHeader("Retry-After", RETRY_SECONDS);
            case BUSY -> HttpReply.json(503, "{\"error\":\"not stored\"}").withHeader("Retry-After", RETRY_SECONDS);
        };
    }
}
