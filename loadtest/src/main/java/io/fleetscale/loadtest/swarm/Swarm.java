package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeIdentity;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.client.NodeStatus;
import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.netmap.LightView;
import io.fleetscale.loadtest.netmap.Netmap;
import io.fleetscale.loadtest.netmap.Peer;
import io.fleetscale.loadtest.netmap.PeerEvents;
import io.fleetscale.loadtest.netmap.PeerView;
import io.fleetscale.loadtest.netmap.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Simulated nodes of one tailnet that all may see each other. To be driven by one thread.
 *
 * <p>{@snippet :
 * try (Swarm swarm = new Swarm(loops, url, true, PeerEvents.NONE)) {
 *     swarm.join(50, authKey, 16, NodeObserver.NONE);
 *     swarm.startPolling();
 *     swarm.awaitAllSeeAll(PeerView.Degree.REACHABLE, Duration.ofSeconds(20));
 *     List<Violation> wrong = swarm.violations();
 * }
 * }
 */
public final class Swarm implements AutoCloseable {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(120);
    private static final Duration RETRY = Duration.ofMillis(200);
    private static final Duration CHECK_EVERY = Duration.ofMillis(10);
    /** First port of the endpoints; each change of a node's endpoint takes the next. */
    private static final int FIRST_PORT = 10_000;

    private static final int HOME_DERP = 1;

    private final ClientLoops loops;
    private final List<ControlUrl> urls;
    private final boolean strict;
    private final PeerEvents events;
    private final TailnetModel model;
    private final List<Member> members = new CopyOnWriteArrayList<>();
    private final AtomicInteger prepared = new AtomicInteger();

    /** @param strict whether each session keeps and checks a whole netmap */
    public Swarm(ClientLoops loops, ControlUrl url, boolean strict, PeerEvents events) {
        this(loops, List.of(url), strict, events, new TailnetModel(0));
    }

    /**
     * A swarm over several addresses of one cluster, in turn; a node that loses one goes to the next.
     *
     * @param model who must see whom, and as what
     */
    public Swarm(ClientLoops loops, List<ControlUrl> urls, boolean strict, PeerEvents events, TailnetModel model) {
        this.loops = loops;
        this.urls = List.copyOf(urls);
        this.strict = strict;
        this.events = events;
        this.model = model;
    }

    public List<Member> members() {
        return List.copyOf(members);
    }

    /** A node that is not registered yet and no member. */
    public Member prepare(String hostname, NodeObserver observer) {
        int number = prepared.getAndIncrement();
        PeerView view = strict ? new Netmap(number, events) : new LightView(number, events);
        SimulatedNode node = new SimulatedNode(loops, urls, number, NodeIdentity.create(hostname), view, observer);
        return new Member(number, node, view);
    }

    /** Makes a node a member. */
    public void admit(Member member) {
        members.add(member);
    }

    /**
     * Registers {@code count} nodes, {@code parallel} at a time.
     *
     * @throws IllegalStateException with the server's text if it refuses one
     */
    public void join(int count, String authKey, int parallel, NodeObserver observer) throws InterruptedException {
        List<Member> joining = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Member member = prepare("sim-" + members.size(), observer);
            admit(member);
            joining.add(member);
        }
        forEach(joining, parallel, member -> member.node().register(authKey));
    }

    /** Opens all map polls, after a lite update each with its endpoint and home DERP region. */
    public void startPolling() {
        for (Member member : members) {
            startPolling(member);
        }
    }

    /** Opens the map poll of one node, member or not. */
    public static void startPolling(Member member) {
        member.node().startPolling(status(member, FIRST_PORT));
    }

    /** Cuts all connections at once; the nodes come back by themselves. */
    public void dropConnections() {
        for (Member member : members) {
            member.node().dropConnection();
        }
    }

    /** The port after the one that a member's endpoint has. */
    public static int nextPort(Member member) {
        String endpoint = member.node().status().endpoints().getFirst();
        return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1)) + 1;
    }

    /** Tells the server that a member's endpoint has this port. */
    public static CompletableFuture<Void> tellPort(Member member, int port) {
        return member.node().update(status(member, port));
    }

    private static NodeStatus status(Member member, int port) {
        int number = member.number();
        String endpoint = "198.18." + (number >> 8 & 0xFF) + "." + (number & 0xFF) + ":" + port;
        return new NodeStatus(List.of(endpoint), HOME_DERP);
    }

    /** Registers a node, again and again until {@code limit} as a real client does when a connection is lost or refused. */
    static CompletableFuture<Void> insistOnRegistration(Member member, String authKey, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        return member.node().register(authKey).exceptionallyCompose(failure -> {
            Duration left = Duration.ofNanos(end - System.nanoTime());
            if (left.isNegative()) {
                return CompletableFuture.failedFuture(failure);
            }
            return CompletableFuture.supplyAsync(
                            () -> true, CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS))
                    .thenCompose(now -> insistOnRegistration(member, authKey, left));
        });
    }

    /** Calls {@code call} for each member, {@code parallel} at a time; waits for all and fails with the first failure. */
    public static void forEach(List<Member> members, int parallel, Function<Member, CompletableFuture<Void>> call)
            throws InterruptedException {
        Semaphore slots = new Semaphore(parallel);
        List<CompletableFuture<Void>> calls = new ArrayList<>(members.size());
        for (Member member : members) {
            slots.acquire();
            calls.add(call.apply(member).whenComplete((nothing, failure) -> slots.release()));
        }
        try {
            CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                    .orTimeout(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw new IllegalStateException("a call failed: " + e.getCause(), e.getCause());
        }
    }

    /**
     * Waits until every member sees every other.
     *
     * @throws TimeoutException with how many pairs are missing
     */
    public void awaitAllSeeAll(PeerView.Degree degree, Duration limit) throws InterruptedException, TimeoutException {
        long end = System.nanoTime() + limit.toNanos();
        int known = 0; // members before this one are complete
        while (true) {
            Map<Integer, BitSet> ids = ids();
            int have = ids.values().stream().mapToInt(BitSet::cardinality).sum();
            if (have == members.size()) {
                while (known < members.size() && missing(members.get(known), ids, degree) == 0) {
                    known++;
                }
                if (known == members.size()) {
                    if (missingPairs(degree) == 0) {
                        return;
                    }
                    known = 0;
                }
            }
            if (System.nanoTime() > end) {
                throw new TimeoutException("after " + limit + ": " + (members.size() - have)
                        + " members without a map, " + missingPairs(degree) + " pairs not " + degree);
            }
            Thread.sleep(CHECK_EVERY);
        }
    }

    /** How many ordered pairs of members that must see each other do not to this degree. */
    public long missingPairs(PeerView.Degree degree) {
        Map<Integer, BitSet> ids = ids();
        return members.stream()
                .mapToLong(member -> missing(member, ids, degree))
                .sum();
    }

    private int missing(Member member, Map<Integer, BitSet> ids, PeerView.Degree degree) {
        BitSet group = ids.get(model.group(member));
        return group == null ? 0 : member.view().missing(group, degree);
    }

    /** Ids of the members by group. */
    private Map<Integer, BitSet> ids() {
        Map<Integer, BitSet> ids = new HashMap<>();
        for (Member member : members) {
            long id = member.view().selfId();
            if (id > 0) {
                ids.computeIfAbsent(model.group(member), key -> new BitSet()).set((int) id);
            }
        }
        return ids;
    }

    /** Messages without keep-alives that all members got. */
    public long messages() {
        return members.stream().mapToLong(member -> member.view().messages()).sum();
    }

    /** Bytes of map messages that all members got. */
    public long frameBytes() {
        return members.stream().mapToLong(member -> member.view().frameBytes()).sum();
    }

    /**
     * What was wrong in any message, and how the netmaps differ from the truth now; to be called when nothing is under way.
     * Empty unless strict. A tailnet with other nodes than the members is not compared.
     */
    public List<Violation> violations() {
        List<Violation> all = new ArrayList<>();
        List<Member> now = members();
        Map<Integer, List<Peer>> truth = model.truth(now);
        for (Member member : now) {
            if (member.view() instanceof Netmap netmap && !model.isGone(member)) {
                all.addAll(netmap.violations());
                all.addAll(netmap.differences(truth.getOrDefault(model.group(member), List.of())));
            }
        }
        return all;
    }

    @Override
    public void close() {
        for (Member member : members) {
            member.node().close();
        }
    }
}
