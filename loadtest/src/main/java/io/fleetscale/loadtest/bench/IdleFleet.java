package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeIdentity;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.client.NodeStatus;
import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.netmap.FrameCounter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Many simulated nodes that only count the frames of their sessions: a whole map of N peers in each of N clients would cost more
 * than the server. Confined to one thread.
 */
final class IdleFleet {
    private static final int PARALLEL = 64;
    private static final int REGISTER_TRIES = 5;
    private static final Duration CALL_LIMIT = Duration.ofMinutes(10);
    private static final Duration SETTLE = Duration.ofSeconds(3);
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(3);

    private final ClientLoops loops;
    private final ControlUrl url;
    private final List<NodeIdentity> identities = new ArrayList<>();
    private final List<Session> sessions = new ArrayList<>();

    private record Session(SimulatedNode node, FrameCounter frames, Opened opened) {}

    /** Completes with the first full map. */
    private static final class Opened implements NodeObserver {
        private final CompletableFuture<Void> full = new CompletableFuture<>();

        @Override
        public void onFullMap(long nanos) {
            full.complete(null);
        }
    }

    IdleFleet(ClientLoops loops, ControlUrl url, int count) {
        this.loops = loops;
        this.url = url;
        for (int i = 0; i < count; i++) {
            identities.add(NodeIdentity.create("idle-" + i));
        }
        renew();
    }

    /** New sessions of the same nodes, none of them open. */
    private void renew() {
        sessions.clear();
        for (NodeIdentity identity : identities) {
            FrameCounter frames = new FrameCounter();
            Opened opened = new Opened();
            sessions.add(new Session(new SimulatedNode(loops, url, identity, frames, opened), frames, opened));
        }
    }

    int size() {
        return sessions.size();
    }

    SimulatedNode node(int index) {
        return sessions.get(index).node();
    }

    /** Registers all nodes; no connection is left open. A server without time may refuse for the moment: then again, as clients do. */
    void register(String preAuthKey) throws Exception {
        forEach(session -> register(session.node(), preAuthKey, REGISTER_TRIES));
    }

    private static CompletableFuture<Void> register(SimulatedNode node, String preAuthKey, int tries) {
        return node.register(preAuthKey)
                .whenComplete((nothing, failure) -> node.dropConnection())
                .exceptionallyCompose(failure ->
                        tries > 1 ? register(node, preAuthKey, tries - 1) : CompletableFuture.failedFuture(failure));
    }

    /** Opens all sessions and waits for their first maps. */
    void open() throws Exception {
        forEach(session -> {
            session.node().startPolling(new NodeStatus(List.of("198.51.100.7:41641"), 1));
            return session.opened().full;
        });
    }

    /** Ends all sessions; the nodes stay registered and can be opened again. */
    void close() {
        sessions.forEach(session -> session.node().close());
        renew();
    }

    private void forEach(Function<Session, CompletableFuture<Void>> call) throws Exception {
        Semaphore slots = new Semaphore(PARALLEL);
        List<CompletableFuture<Void>> calls = new ArrayList<>(sessions.size());
        for (Session session : sessions) {
            slots.acquire();
            calls.add(call.apply(session).whenComplete((nothing, failure) -> slots.release()));
        }
        CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).get(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    /** Until hardly more comes than keep-alives, one a session in 50 s. */
    void settle() throws InterruptedException {
        long end = System.nanoTime() + SETTLE_LIMIT.toNanos();
        long before;
        long after = messages();
        do {
            before = after;
            TimeUnit.MILLISECONDS.sleep(SETTLE.toMillis());
            after = messages();
        } while (after - before > size() / 10 && System.nanoTime() < end);
    }

    /** Messages that all sessions got, keep-alives included. */
    long messages() {
        return sessions.stream()
                .mapToLong(session -> session.frames().messages())
                .sum();
    }

    /** Bytes of those messages, as the server packed them. */
    long bytes() {
        return sessions.stream().mapToLong(session -> session.frames().bytes()).sum();
    }
}
