package io.fleetscale.loadtest.keys;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeIdentity;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.netmap.LightView;
import io.fleetscale.loadtest.netmap.PeerEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import tools.jackson.databind.JsonNode;

/**
 * One-time keys, each presented to all instances at the same moment by nodes of their own: exactly one may join. Who has won is
 * told by the answers, and by the list of nodes afterwards. To be driven by one thread.
 */
public final class KeyRace {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);
    /** What the server says to those that come too late; anything else is a failure. */
    private static final String TOO_LATE = "already used";

    private final ClientLoops loops;
    private final List<ControlUrl> urls;
    private final AdminClient admin;
    private final String userId;
    private final int parallel;
    private final AtomicInteger number = new AtomicInteger();

    /**
     * What came of it.
     *
     * @param seconds of the races alone, without making the keys
     * @param answers registrations that were answered, won or refused
     * @param wrong one line for each key that has no winner or several, and for each answer that should not be
     */
    public record Result(int keys, double seconds, long answers, List<String> wrong) {
        public Result {
            wrong = List.copyOf(wrong);
        }
    }

    /** @param parallel races under way at one time */
    public KeyRace(ClientLoops loops, List<ControlUrl> urls, AdminClient admin, String user, int parallel)
            throws InterruptedException {
        this.loops = loops;
        this.urls = List.copyOf(urls);
        this.admin = admin;
        this.parallel = parallel;
        this.userId = admin.must("GET", "/api/v1/user?name=" + user, "", CALL_LIMIT)
                .at("/users/0/id")
                .asString();
    }

    /** Races {@code count} new keys, deletes the winners' nodes. */
    public Result run(int count) throws InterruptedException {
        List<String> keys = makeKeys(count);
        ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
        Set<String> winners = java.util.concurrent.ConcurrentHashMap.newKeySet();
        LongAdder answers = new LongAdder();
        Semaphore slots = new Semaphore(parallel);
        List<CompletableFuture<Void>> races = new ArrayList<>();
        long before = System.nanoTime();
        for (String key : keys) {
            slots.acquire();
            races.add(race(key, winners, answers, wrong).whenComplete((nothing, failure) -> slots.release()));
        }
        CompletableFuture.allOf(races.toArray(CompletableFuture[]::new)).join();
        double seconds = (System.nanoTime() - before) / 1e9;
        compareNodes(winners, wrong);
        return new Result(count, seconds, answers.sum(), List.copyOf(wrong));
    }

    private CompletableFuture<Void> race(
            String key, Set<String> winners, LongAdder answers, ConcurrentLinkedQueue<String> wrong) {
        int race = number.incrementAndGet();
        List<SimulatedNode> nodes = new ArrayList<>();
        List<CompletableFuture<String>> runs = new ArrayList<>();
        for (int place = 0; place < urls.size(); place++) {
            SimulatedNode node = new SimulatedNode(
                    loops,
                    urls.get(place),
                    NodeIdentity.create("race-" + race + "-" + place),
                    new LightView(place, PeerEvents.NONE),
                    NodeObserver.NONE);
            nodes.add(node);
            runs.add(node.register(key)
                    .handle((nothing, failure) -> failure == null
                            ? ""
                            : String.valueOf(
                                    failure instanceof CompletionException && failure.getCause() != null
                                            ? failure.getCause().getMessage()
                                            : failure.getMessage())));
        }
        return CompletableFuture.allOf(runs.toArray(CompletableFuture[]::new)).thenRun(() -> {
            int won = 0;
            for (int place = 0; place < runs.size(); place++) {
                String refusal = runs.get(place).join();
                answers.increment();
                if (refusal.isEmpty()) {
                    won++;
                    winners.add(nodes.get(place).identity().nodeKey().toString());
                } else if (!refusal.contains(TOO_LATE)) {
                    wrong.add("race " + race + ", instance " + (place + 1) + ": " + refusal);
                }
            }
            if (won != 1) {
                wrong.add("race " + race + ": " + won + " winners");
            }
            nodes.forEach(SimulatedNode::close);
        });
    }

    private List<String> makeKeys(int count) throws InterruptedException {
        String body = "{\"user\":\"" + userId + "\",\"reusable\":false,\"ephemeral\":false,\"expiration\":\""
                + Instant.now().plusSeconds(86_400) + "\"}";
        List<String> keys = new ArrayList<>(count);
        forEach(count, i -> {
            String key = admin.must("POST", "/api/v1/preauthkey", body, CALL_LIMIT)
                    .at("/preAuthKey/key")
                    .asString();
            synchronized (keys) {
                keys.add(key);
            }
        });
        return keys;
    }

    /** The nodes that there are must be the winners. */
    private void compareNodes(Set<String> winners, ConcurrentLinkedQueue<String> wrong) throws InterruptedException {
        Set<String> missing = new HashSet<>(winners);
        List<String> ids = new ArrayList<>();
        for (JsonNode node : admin.must("GET", "/api/v1/node", "", CALL_LIMIT).at("/nodes")) {
            if (!node.path("name").asString().startsWith("race-")) {
                continue;
            }
            ids.add(node.path("id").asString());
            if (!missing.remove(node.path("nodeKey").asString())) {
                wrong.add("node " + node.path("id").asString() + " is there, and its registration was refused");
            }
        }
        missing.forEach(key -> wrong.add("the winner " + key + " is not in the list of nodes"));
        forEach(ids.size(), i -> {
            var unused = admin.must("DELETE", "/api/v1/node/" + ids.get(i), "", CALL_LIMIT);
        });
    }

    private interface Work {
        void run(int i) throws InterruptedException;
    }

    private void forEach(int count, Work work) throws InterruptedException {
        Semaphore slots = new Semaphore(parallel);
        ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                int index = i;
                slots.acquire();
                var unused = threads.submit(() -> {
                    try {
                        work.run(index);
                    } catch (IllegalStateException e) {
                        failures.add(String.valueOf(e.getMessage()));
                    } finally {
                        slots.release();
                    }
                    return null;
                });
            }
        }
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.size() + " calls failed, the first: " + failures.peek());
        }
    }
}
