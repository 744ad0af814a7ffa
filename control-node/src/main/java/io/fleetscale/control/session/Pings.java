package io.fleetscale.control.session;

import com.google.protobuf.ByteString;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.PingRequest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Requests to running clients and their answers, matched by an unguessable token in the URL that the client answers at. Of
 * sessions on this instance. Thread-safe. Source: control-protocol 5.9.
 */
public final class Pings {
    /** More open requests than this are a fault somewhere. */
    private static final int MAX_OPEN = 10_000;

    private static final int TOKEN_BYTES = 16;

    private final MapSessions sessions;
    private final String serverUrl;
    private final SecureRandom random;
    private final ConcurrentHashMap<String, Open> open = new ConcurrentHashMap<>();

    private record Open(MachineKey machineKey, CompletableFuture<ByteString> answer) {}

    /** @param serverUrl {@code https:} URL without a path, at which clients answer inside Noise */
    public Pings(MapSessions sessions, String serverUrl, SecureRandom random) {
        this.sessions = sessions;
        this.serverUrl = serverUrl;
        this.random = random;
    }

    /**
     * Sends an HTTP/1.1 request to the client's own handlers; completes with its raw HTTP/1.1 response. Fails with {@code
     * FAILED_PRECONDITION} if the node has no session here, with {@code DEADLINE_EXCEEDED} if it does not answer.
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
     * Takes an answer; false if there was no such request or it went to another machine.
     *
     * @param machineKey proven by the connection that the answer came over
     */
    public boolean answer(String token, MachineKey machineKey, ByteString body) {
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
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = HexFormat.of().formatHex(bytes);
        CompletableFuture<ByteString> answer = new CompletableFuture<>();
        open.put(token, new Open(node.machineKey(), answer));
        var unused = sessions.ping(node.id(), request.at(serverUrl + path + token))
                .thenAccept(sent -> {
                    if (!sent) {
                        answer.completeExceptionally(new ControlException(
                                ErrorCode.FAILED_PRECONDITION, "node " + node.id() + ": it has no session here"));
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
