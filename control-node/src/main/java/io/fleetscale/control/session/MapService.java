package io.fleetscale.control.session;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.netmap.MapFeed;
import io.fleetscale.control.netmap.MapMessage;
import io.fleetscale.control.netmap.NetmapState;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.presence.Presences;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.grid.GridException;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.MapRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /machine/map}, whatever it comes over. Thread-safe; never blocks. Source: control-protocol 5.1. */
public final class MapService {
    private static final Logger LOG = LoggerFactory.getLogger(MapService.class);

    /** Machines with copies of one state take turns of this length; without it they would open streams by the hundred. */
    private static final Duration TURN_OF_A_CLONE = Duration.ofSeconds(5);

    private final Changelog changelog;
    private final Netmaps netmaps;
    private final MapFeed feed;
    private final Presences presences;
    private final HostReports hosts;
    private final MapSessions sessions;
    private final FirstMapGate gate;
    private final BooleanSupplier serving;

    /** @param serving whether this instance takes part in its cluster; a fenced one sends its clients elsewhere */
    public MapService(
            Changelog changelog,
            Netmaps netmaps,
            MapFeed feed,
            Presences presences,
            HostReports hosts,
            MapSessions sessions,
            FirstMapGate gate,
            BooleanSupplier serving) {
        this.changelog = changelog;
        this.netmaps = netmaps;
        this.feed = feed;
        this.presences = presences;
        this.hosts = hosts;
        this.sessions = sessions;
        this.gate = gate;
        this.serving = serving;
    }

    /** @param machineKey proven by the connection */
    public void handle(MachineKey machineKey, Caller caller, MapRequest request, MapReply reply) {
        if (!serving.getAsBoolean()) {
            reply.refuse(503, "this instance is fenced off from its cluster: come again, to another one");
            return;
        }
        currentImage(machineKey, request)
                .thenCompose(image -> answer(image, machineKey, caller, request, reply))
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        refuse(reply, failure);
                    }
                });
    }

    /**
     * The image that a request is answered from. The update of a node with a session here needs no look at the log's head: its
     * poll read it, and what the node changed since went through this instance. While the database is away, nodes that this instance
     * knows are served from what it knows.
     */
    private CompletionStage<TailnetImage> currentImage(MachineKey machineKey, MapRequest request) {
        if (request.kind() == MapRequest.Kind.LITE_UPDATE) {
            TailnetImage here = changelog.image();
            Node node = here.nodeByKey(request.nodeKey());
            if (node != null && isKnown(node, machineKey) && sessions.isAttached(node.id())) {
                return CompletableFuture.completedFuture(here);
            }
        }
        return changelog.current().exceptionallyCompose(failure -> {
            TailnetImage known = changelog.image();
            return isKnown(known.nodeByKey(request.nodeKey()), machineKey)
                    ? CompletableFuture.completedFuture(known)
                    : CompletableFuture.failedFuture(failure);
        });
    }

    private static boolean isKnown(@Nullable Node node, MachineKey machineKey) {
        return node != null && node.machineKey().equals(machineKey);
    }

    private CompletionStage<?> answer(
            TailnetImage image, MachineKey machineKey, Caller caller, MapRequest request, MapReply reply) {
        return isRemoved(image, request)
                ? farewell(request, reply)
                : serve(image, requireNode(image, machineKey, request), caller, request, reply);
    }

    /** A client polls with its key for ever, so a poll with a key that nobody has is answered by the end of the key. */
    private static boolean isRemoved(TailnetImage image, MapRequest request) {
        return request.kind() == MapRequest.Kind.POLL && image.nodeByKey(request.nodeKey()) == null;
    }

    private CompletionStage<?> farewell(MapRequest request, MapReply reply) {
        send(feed.farewell(netmaps.state(), null, request.nodeKey(), request.wantsZstd()), reply.open());
        return CompletableFuture.completedFuture(null);
    }

    private static Node requireNode(TailnetImage image, MachineKey machineKey, MapRequest request) {
        Node node = image.nodeByKey(request.nodeKey());
        if (node == null || !node.machineKey().equals(machineKey)) {
            throw new ControlException(
                    ErrorCode.NOT_FOUND,
                    "node key " + request.nodeKey().toShortText() + ": no such node of this machine; log in again");
        }
        return node;
    }

    private CompletionStage<?> serve(TailnetImage image, Node node, Caller caller, MapRequest request, MapReply reply) {
        return switch (request.kind()) {
            case LITE_UPDATE ->
                update(image, node, request).thenRun(() -> {
                    sessions.counters().endpointUpdates.increment();
                    reply.done();
                });
            case POLL -> inTurn(node, caller).thenCompose(turn -> poll(image, node, caller, request, reply));
            case ONE_SHOT ->
                update(image, node, request).thenCompose(updated -> fullMap(image.version(), node, request, reply));
            case READ_ONLY -> fullMap(image.version(), node, request, reply);
        };
    }

    private CompletableFuture<Void> update(TailnetImage image, Node node, MapRequest request) {
        CompletableFuture<Void> soft = presences.report(node.id(), request);
        return request.hasHostinfo()
                ? CompletableFuture.allOf(soft, hosts.report(image, node, request.hostinfo()))
                : soft;
    }

    /** While the policy cannot be compiled for the newest image, nodes that the last state knows go on with it. */
    private CompletableFuture<NetmapState> reach(long version, Node node) {
        return netmaps.reach(version).exceptionallyCompose(failure -> {
            NetmapState last = netmaps.state();
            return isKnown(last.image().nodeByKey(node.nodeKey()), node.machineKey())
                    ? CompletableFuture.completedFuture(last)
                    : CompletableFuture.failedFuture(failure);
        });
    }

    /** Holds a machine back that shares its node with another one. */
    private CompletionStage<?> inTurn(Node node, Caller caller) {
        if (!sessions.isClone(node.id(), caller)) {
            return CompletableFuture.completedFuture(null);
        }
        Executor later = CompletableFuture.delayedExecutor(TURN_OF_A_CLONE.toMillis(), TimeUnit.MILLISECONDS);
        return CompletableFuture.runAsync(() -> {}, later);
    }

    private CompletionStage<?> poll(TailnetImage image, Node node, Caller caller, MapRequest request, MapReply reply) {
        CompletableFuture<Long> attached = presences.attach(node.id(), request);
        return attached.thenCombine(reach(image.version(), node), (epoch, state) -> {
                    MapStream stream = reply.open();
                    if (!sessions.open(stream, node.id(), caller, request.nodeKey(), epoch, request.wantsZstd())) {
                        LOG.atWarn().addKeyValue("node", node.id()).log("too many first maps wait: a poll was reset");
                    }
                    return true;
                })
                .whenComplete((done, failure) -> {
                    if (failure != null && !attached.isCompletedExceptionally()) {
                        sessions.abandoned(node.id(), attached.join()); // nobody is there to end it
                    }
                });
    }

    /** One map and the end of the stream. */
    private CompletionStage<?> fullMap(long version, Node node, MapRequest request, MapReply reply) {
        return reach(version, node).thenCompose(reached -> {
            CompletableFuture<MapFeed.Full> rendered = new CompletableFuture<>();
            boolean queued = gate.admit(() -> {
                try {
                    NetmapState state = netmaps.state();
                    MapFeed.Full full = feed.full(state, node.id(), request.wantsZstd());
                    if (full == null) {
                        throw new ControlException(ErrorCode.NOT_FOUND, "node " + node.id() + " was removed");
                    }
                    rendered.complete(full);
                } catch (RuntimeException e) {
                    rendered.completeExceptionally(e);
                }
            });
            if (!queued) {
                throw new ControlException(ErrorCode.UNAVAILABLE, "too many maps wait: come again later");
            }
            return rendered.thenAccept(full -> send(full.message(), reply.open()));
        });
    }

    private static void send(MapMessage message, MapStream stream) {
        stream.eventLoop().execute(() -> {
            stream.write(message.toByteBuf());
            stream.end();
        });
    }

    private static void refuse(MapReply reply, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof ControlException refused) {
            reply.refuse(status(refused.code()), refused.detail());
        } else if (cause instanceof GridException) {
            // this instance leaves its grid, or stops; the client comes to another one
            LOG.atDebug().setCause(cause).log("a map request failed");
            reply.refuse(503, "this instance is not in its grid now: come again, to another one");
        } else {
            LOG.atError().setCause(cause).log("a map request failed");
            reply.refuse(500, "internal error");
        }
    }

    private static int status(ErrorCode code) {
        return switch (code) {
            case NOT_FOUND -> 404;
            case UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, ABORTED -> 503;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, ALREADY_EXISTS -> 400;
            case PERMISSION_DENIED -> 403;
            case UNAUTHENTICATED -> 401;
            case UNIMPLEMENTED -> 501;
            case INTERNAL, UNKNOWN -> 500;
        };
    }
}
