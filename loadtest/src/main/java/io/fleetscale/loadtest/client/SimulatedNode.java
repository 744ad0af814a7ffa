package io.fleetscale.loadtest.client;

import io.fleetscale.wire.key.MachineKey;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A node of the tailnet without a network of its own: registers with a pre-auth key, keeps its map poll up as the real
 * client does (backoff, 120 s watchdog) and sends lite updates, all on one Noise connection at a time. Any thread may
 * call; the state is confined to the node's event loop.
 *
 * <p>{@snippet :
 * SimulatedNode node = new SimulatedNode(loops, url, NodeIdentity.create("web-1"), receiver, NodeObserver.NONE);
 * node.register(authKey).join();
 * node.startPolling(new NodeStatus(List.of("198.51.100.7:41641"), 1));
 * node.update(new NodeStatus(List.of("198.51.100.7:41642"), 1)).join();
 * }
 */
public final class SimulatedNode implements AutoCloseable {
    /** A poll without a message for so long is lost. Source: control-protocol 5.11. */
    private static final Duration WATCHDOG = Duration.ofMinutes(2);

    private static final Duration WATCHDOG_CHECK = Duration.ofSeconds(20);
    /** Logs a node out. Source: control-protocol 4.1. */
    private static final Instant LOGOUT = Instant.ofEpochSecond(123);

    private static final JsonMapper JSON = new JsonMapper();

    private final ClientLoops loops;
    private final List<ControlUrl> urls;
    private final NodeIdentity identity;
    private final MapReceiver receiver;
    private final NodeObserver observer;
    private final EventLoop loop;
    private final Backoff backoff = new Backoff(ThreadLocalRandom.current());

    private volatile NodeStatus status = NodeStatus.UNKNOWN;
    private int place;
    private @Nullable MachineKey server;
    private @Nullable ControlConnection connection;
    private @Nullable CompletableFuture<ControlConnection> connecting;
    private @Nullable ScheduledFuture<?> watchdog;
    private boolean polling;
    private boolean closed;
    private int poll;
    private long pollStartNanos;
    private long lastMessageNanos;
    private boolean full;

    public SimulatedNode(
            ClientLoops loops, ControlUrl url, NodeIdentity identity, MapReceiver receiver, NodeObserver observer) {
        this(loops, List.of(url), 0, identity, receiver, observer);
    }

    /**
     * A node that knows several addresses of one cluster, as by a dial plan: whoever lost its connection tries the next.
     *
     * @param first place in {@code urls} of the one to begin with
     */
    public SimulatedNode(
            ClientLoops loops,
            List<ControlUrl> urls,
            int first,
            NodeIdentity identity,
            MapReceiver receiver,
            NodeObserver observer) {
        this.loops = loops;
        this.urls = List.copyOf(urls);
        this.place = first % urls.size();
        this.identity = identity;
        this.receiver = receiver;
        this.observer = observer;
        this.loop = loops.next();
    }

    private ControlUrl url() {
        return urls.get(place);
    }

    public NodeIdentity identity() {
        return identity;
    }

    public NodeStatus status() {
        return status;
    }

    /** Logs in with a pre-auth key; fails with the server's text if it refuses. */
    public CompletableFuture<Void> register(String authKey) {
        return register(Optional.of(authKey), Optional.empty());
    }

    /** Ends the node's login; an ephemeral node is gone then. Polling stops. */
    public CompletableFuture<Void> logout() {
        return register(Optional.empty(), Optional.of(LOGOUT)).thenRunAsync(this::stop, loop);
    }

    private CompletableFuture<Void> register(Optional<String> authKey, Optional<Instant> expiry) {
        byte[] body = ControlRequests.register(identity, authKey, expiry);
        return onLoop(() -> ServerKeys.fetch(loops, url(), ControlRequests.VERSION)
                .thenComposeAsync(
                        key -> {
                            server = key;
                            return connection();
                        },
                        loop)
                .thenCompose(open -> open.post("/machine/register", body))
                .thenCompose(answer -> {
                    Optional<String> refusal = refusal(answer);
                    return refusal.isEmpty()
                            ? CompletableFuture.<Void>completedFuture(null)
                            : CompletableFuture.failedFuture(new ControlException("register: " + refusal.get()));
                }));
    }

    private static Optional<String> refusal(Answer answer) {
        if (answer.status() != 200) {
            return Optional.of("status " + answer.status() + " " + answer.text().strip());
        }
        try {
            JsonNode root = JSON.readTree(answer.body());
            String error = root.path("Error").asString("");
            if (!error.isEmpty()) {
                return Optional.of(error);
            }
            if (root.path("NodeKeyExpired").asBoolean(false)) {
                return Optional.of("node key expired");
            }
            return root.path("AuthURL").asString("").isEmpty() ? Optional.empty() : Optional.of("needs a person");
        } catch (JacksonException e) {
            return Optional.of("no JSON");
        }
    }

    /** Opens the map poll, tells the server of {@code initial}, and keeps it up until {@link #close} or {@link #logout}. */
    public void startPolling(NodeStatus initial) {
        status = initial;
        loop.execute(() -> {
            if (!polling && !closed) {
                polling = true;
                watchdog = loop.scheduleWithFixedDelay(
                        this::watch, WATCHDOG_CHECK.toSeconds(), WATCHDOG_CHECK.toSeconds(), TimeUnit.SECONDS);
                pollStartNanos = System.nanoTime();
                openPoll();
            }
        });
    }

    /** Tells the server of a new status with a lite update; complete when it has answered 200. */
    public CompletableFuture<Void> update(NodeStatus next) {
        status = next;
        byte[] body = ControlRequests.update(identity, next);
        return onLoop(() -> connection()
                .thenCompose(open -> open.post("/machine/map", body))
                .thenCompose(answer -> answer.status() == 200
                        ? CompletableFuture.<Void>completedFuture(null)
                        : CompletableFuture.failedFuture(refusedUpdate(answer))));
    }

    /** Cuts the connection; a polling node comes back as the real client does. */
    public void dropConnection() {
        loop.execute(this::cut);
    }

    @Override
    public void close() {
        loop.execute(this::stop);
    }

    private void stop() {
        closed = true;
        polling = false;
        if (watchdog != null) {
            watchdog.cancel(false);
            watchdog = null;
        }
        cut();
    }

    private void cut() {
        ControlConnection open = connection;
        connection = null;
        if (open != null) {
            open.close();
        }
    }

    private <T> CompletableFuture<T> onLoop(Supplier<CompletableFuture<T>> work) {
        return CompletableFuture.completedFuture(true).thenComposeAsync(now -> work.get(), loop);
    }

    /** The open connection, or a new one; one attempt at a time. */
    private CompletableFuture<ControlConnection> connection() {
        ControlConnection open = connection;
        if (open != null && open.isActive()) {
            return CompletableFuture.completedFuture(open);
        }
        if (connecting != null) {
            return connecting;
        }
        if (closed) {
            return CompletableFuture.failedFuture(new ControlException("the node is closed"));
        }
        CompletableFuture<ControlConnection> attempt = key().thenComposeAsync(
                        key -> ControlConnection.open(
                                loops, loop, url(), identity.machine(), key, ControlRequests.VERSION),
                        loop);
        CompletableFuture<ControlConnection> shared = attempt.whenCompleteAsync(
                (made, failure) -> {
                    connecting = null;
                    if (failure != null) {
                        place = (place + 1) % urls.size();
                    } else {
                        if (closed) {
                            made.close();
                        } else {
                            connection = made;
                        }
                    }
                },
                loop);
        if (!shared.isDone()) {
            connecting = shared;
        }
        return shared;
    }

    private CompletableFuture<MachineKey> key() {
        MachineKey known = server;
        return known != null
                ? CompletableFuture.completedFuture(known)
                : ServerKeys.fetch(loops, url(), ControlRequests.VERSION)
                        .thenApplyAsync(
                                key -> {
                                    server = key;
                                    return key;
                                },
                                loop);
    }

    private void openPoll() {
        int number = ++poll;
        full = false;
        lastMessageNanos = System.nanoTime();
        MapStream stream = new MapStream(receiver, new PollListener(number), true);
        CompletableFuture<?> unused = connection()
                .thenCompose(open -> {
                    announce(open);
                    return open.open("/machine/map", ControlRequests.poll(identity, status), stream);
                })
                .whenCompleteAsync(
                        (opened, failure) -> {
                            if (failure != null) {
                                lost(number, failure);
                            }
                        },
                        loop);
    }

    /** The lite update beside every new poll; its failure does not end the poll. */
    private void announce(ControlConnection open) {
        CompletableFuture<?> unused = open.post("/machine/map", ControlRequests.update(identity, status))
                .whenComplete((answer, failure) -> {
                    if (failure != null) {
                        observer.onUpdateFailed(failure);
                    } else if (answer.status() != 200) {
                        observer.onUpdateFailed(refusedUpdate(answer));
                    }
                });
    }

    private static ControlException refusedUpdate(Answer answer) {
        return new ControlException(
                "lite update: status " + answer.status() + " " + answer.text().strip());
    }

    private void lost(int number, Throwable cause) {
        if (number != poll || !polling) {
            return;
        }
        poll++;
        if (full) {
            pollStartNanos = System.nanoTime();
        }
        observer.onPollLost(cause);
        ControlConnection open = connection;
        if (open == null || !open.isActive()) {
            place = (place + 1) % urls.size();
        }
        ScheduledFuture<?> unused = loop.schedule(
                () -> {
                    if (polling) {
                        openPoll();
                    }
                },
                backoff.next().toNanos(),
                TimeUnit.NANOSECONDS);
    }

    private void watch() {
        if (polling && System.nanoTime() - lastMessageNanos > WATCHDOG.toNanos()) {
            lastMessageNanos = System.nanoTime();
            cut();
        }
    }

    private final class PollListener implements MapStream.Listener {
        private final int number;

        PollListener(int number) {
            this.number = number;
        }

        @Override
        public void onMessage(MapReceiver.Kind kind) {
            if (number != poll) {
                return;
            }
            lastMessageNanos = System.nanoTime();
            switch (kind) {
                case KEEP_ALIVE -> observer.onKeepAlive();
                case FULL -> {
                    full = true;
                    backoff.reset();
                    observer.onFullMap(System.nanoTime() - pollStartNanos);
                }
                case DELTA -> {}
            }
        }

        @Override
        public void onEnd(Optional<Throwable> cause) {
            lost(number, cause.orElseGet(() -> new ControlException("map poll: ended by the server")));
        }
    }
}
