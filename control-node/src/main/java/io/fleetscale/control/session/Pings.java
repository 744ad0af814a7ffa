package io.fleetscale.control.session;

import com.google.protobuf.ByteString;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.PingRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests to running clients and their answers, matched by an unguessable token in the URL that the client answers at. A
 * client that another instance serves is reached through that one, and may answer at any. Thread-safe. Source: control-protocol 5.9.
 */
public final class Pings {
    /** More open requests than this are a fault somewhere. */
    private static final int MAX_OPEN = 10_000;

    private final MapSessions sessions;
    private final PingExchange exchange;
    private final Predicate<NodeId> online;
    private final String serverUrl;
    private final PingTokens tokens;
    private final ConcurrentHashMap<String, Open> open = new ConcurrentHashMap<>();

    private record Open(MachineKey machineKey, CompletableFuture<ByteString> answer) {}

    /**
     * @param online whether a node has a session on any instance
     * @param serverUrl {@code https:} URL without a path, at which clients answer inside Noise
     */
    public Pings(
            MapSessions sessions,
            PingExchange exchange,
            Predicate<NodeId> online,
            String serverUrl,
            PingTokens tokens) {
        this.sessions = sessions;
        this.exchange = exchange;
        this.online = online;
        this.serverUrl = serverUrl;
        this.tokens = tokens;
    }

    /** Follows what other instances ask of clients here, and what clients answer there. */
    public void start() {
        exchange.listen(new PingExchange.Listener() {
            @Override
            public void requested(NodeId node, PingRequest request) {
                var unused = sessions.ping(node, request);
            }

            @Override
            public void answered(String token, MachineKey machineKey, ByteString body) {
                boolean unused = take(token, machineKey, body);
            }
        });
    }

    /**
     * Sends an HTTP/1.1 request to the client's own handlers; completes with its raw HTTP/1.1 response. Fails with {@code
     * FAILED_PRECONDITION} if the node has no session, with {@code DEADLINE_EXCEEDED} if it does not answer.
     */
    public CompletableFuture<ByteString> c2n(Node node, ByteString httpRequest, Duration timeout) {
        return send(
                node,
                timeout,
                "/machine/c2n/",
                url -> new PingRequest(url, true, false, PingRequest.C2N, null, httpRequest));
    }

    /** Asks the client to answer at all; completes with nothing when it did. */
    public CompletableFuture<ByteString> ping(Node node, Duration timeout) {
        return send(
                node,
                timeout,
                "/machine/ping-response/",
                url -> new PingRequest(url, true, false, "", null, ByteString.EMPTY));
    }

    /** Lets the client ping a peer; completes with its report, a PingResponse in JSON. */
    public CompletableFuture<ByteString> pingPeer(Node node, IpAddress peer, String types, Duration timeout) {
        return send(
                node,
                timeout,
                "/machine/ping-response/",
                url -> new PingRequest(url, true, false, types, peer, ByteString.EMPTY));
    }

    /**
     * Takes an answer; false if no instance asked this machine for it, or if it cannot be handed on.
     *
     * @param machineKey proven by the connection that the answer came over
     */
    public boolean answer(String token, MachineKey machineKey, ByteString body) {
        if (open.containsKey(token)) {
            return take(token, machineKey, body);
        }
        return tokens.isOurs(token, machineKey) && exchange.answer(token, machineKey, body);
    }

    private boolean take(String token, MachineKey machineKey, ByteString body) {
        Open request = open.get(token);
        return request != null
                && request.machineKey().equals(machineKey)
                && open.remove(token, request)
                && request.answer().complete(body);
    }

    @FunctionalInterface
    private interface RequestOf {
        PingRequest at(String url);
    }

    private CompletableFuture<ByteString> send(Node node, Duration timeout, String path, RequestOf request) {
        if (open.size() >= MAX_OPEN) {
            return CompletableFuture.failedFuture(new ControlException(
                    ErrorCode.RESOURCE_EXHAUSTED, MAX_OPEN + " requests to clients are open already: try again later"));
        }
        String token = tokens.make(node.machineKey());
        CompletableFuture<ByteString> answer = new CompletableFuture<>();
        open.put(token, new Open(node.machineKey(), answer));
        PingRequest message = request.at(serverUrl + path + token);
        var unused = sessions.ping(node.id(), message).thenAccept(sent -> {
            if (sent) {
                return;
            }
            if (online.test(node.id())) {
                exchange.request(token, node.id(), message, timeout);
            } else {
                answer.completeExceptionally(new ControlException(
                        ErrorCode.FAILED_PRECONDITION, "node " + node.id() + ": it has no session"));
            }
        });
        return answer.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS).handle((body, failure) -> {
            open.remove(token);
            return result(node, body, failure);
        });
    }

    private static ByteString result(Node node, @Nullable ByteString body, @Nullable Throwable failure) {
        if (body != null) {
            return body;
        }
        if (failure instanceof ControlException refused) {
            throw refused;
        }
        if (failure instanceof TimeoutException) {
            throw new ControlException(
                    ErrorCode.DEADLINE_EXCEEDED, "node " + node.id() + ": it did not answer in time", failure);
        }
        throw new ControlException(ErrorCode.INTERNAL, "node " + node.id() + ": the request failed", failure);
    }
}
