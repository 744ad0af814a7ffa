package io.fleetscale.loadtest.consistency;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.cluster.AdminClient.Outcome;
import io.fleetscale.loadtest.netmap.PeerView.Degree;
import io.fleetscale.loadtest.swarm.Member;
import io.fleetscale.loadtest.swarm.Swarm;
import io.fleetscale.loadtest.swarm.TailnetModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import tools.jackson.databind.JsonNode;

/**
 * Registers and a set on all instances of a cluster at once: the given names of nodes, written and read through any instance
 * and watched by the nodes themselves on their map streams; and the users, added and listed. Names are checked as registers,
 * since each write has a name of its own. Driven by one thread; faults may happen beside it.
 */
public final class ConsistencyRun implements AutoCloseable {
    private static final Duration JOIN_LIMIT = Duration.ofMinutes(2);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(200);
    private static final Duration SET_PAUSE = Duration.ofMillis(30);
    /** The set of users is read whole, so it must not grow without end. */
    private static final int MAX_USERS = 400;

    private final Histories histories = new Histories();
    private final Swarm swarm;
    private final AdminClient admin;
    private final Settings settings;
    private final String salt;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger values = new AtomicInteger();
    private final AtomicInteger users = new AtomicInteger();
    private final LongAdder staleReads = new LongAdder();
    private final LongAdder failedReads = new LongAdder();
    private volatile boolean stopping;

    /**
     * @param registers how many nodes, each a register and a watcher of all others
     * @param writers that rename each register, at the same time
     * @param readers that read each register, at the same time
     * @param pause between two calls of one caller; zero: none
     */
    public record Settings(int registers, int writers, int readers, Duration pause) {}

    /**
     * What was checked.
     *
     * @param operations with an answer
     * @param unknownWrites without an answer: their outcome is unknown, which the checker takes into account
     * @param markedStale reads that said themselves that they may be stale, which are not checked
     * @param failedReads without an answer
     * @param transitions that watchers saw
     * @param wrong one line each
     */
    public record Result(
            long operations,
            long reads,
            long unknownWrites,
            long markedStale,
            long failedReads,
            long transitions,
            List<String> wrong) {
        public Result {
            wrong = List.copyOf(wrong);
        }
    }

    /** @param urls of all instances */
    public ConsistencyRun(
            ClientLoops loops, List<ControlUrl> urls, AdminClient admin, Settings settings, Random random) {
        this.swarm = new Swarm(loops, urls, true, histories, new TailnetModel(0));
        this.admin = admin;
        this.settings = settings;
        this.salt = String.format(Locale.ROOT, "%04x", random.nextInt(1 << 16));
    }

    /** Registers the nodes, waits until they see each other, and begins. */
    public void start(String preAuthKey) throws InterruptedException, TimeoutException {
        swarm.join(settings.registers(), preAuthKey, 8, NodeObserver.NONE);
        swarm.startPolling();
        swarm.awaitAllSeeAll(Degree.REACHABLE, JOIN_LIMIT);
        List<Member> members = swarm.members();
        for (int i = 0; i < members.size(); i++) {
            long register = members.get(i).view().selfId();
            String path = "/api/v1/node/" + register;
            String name = admin.must("GET", path, "", CALL_LIMIT)
                    .at("/node/givenName")
                    .asString();
            histories.begin(register, name);
        }
        for (Member member : members) {
            long register = member.view().selfId();
            for (int i = 0; i < settings.writers(); i++) {
                repeat(random -> write(register, random));
            }
            for (int i = 0; i < settings.readers(); i++) {
                repeat(random -> read(register, random.nextInt(admin.places())));
            }
        }
        // users that are there already are elements too
        for (JsonNode user : admin.must("GET", "/api/v1/user", "", CALL_LIMIT).at("/users")) {
            histories.add(new SetChecker.Add(user.path("name").asString(), Long.MIN_VALUE, Long.MIN_VALUE));
        }
        repeat(this::addUser);
        for (int i = 0; i < admin.places(); i++) {
            repeat(this::readUsers);
        }
    }

    /** One step of a caller; false when the call had no answer. */
    private interface Step {
        boolean take(Random random) throws InterruptedException;
    }

    private void repeat(Step step) {
        Random random = new Random(values.incrementAndGet());
        Future<?> unused = threads.submit(() -> {
            while (!stopping) {
                boolean answered = step.take(random);
                Duration pause = answered ? settings.pause() : PAUSE_AFTER_FAILURE;
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            }
            return null;
        });
    }

    private boolean write(long register, Random random) throws InterruptedException {
        String value = "r" + salt + "-" + values.incrementAndGet();
        int place = random.nextInt(admin.places());
        long invoked = System.nanoTime();
        Outcome outcome = admin.call(place, "POST", "/api/v1/node/" + register + "/rename/" + value, "");
        long returned = System.nanoTime();
        switch (outcome) {
            case Outcome.Done done -> histories.add(register, Operation.write(value, invoked, returned));
            case Outcome.Unknown unknown -> histories.add(register, Operation.write(value, invoked, Operation.NEVER));
            case Outcome.Refused refused -> {} // nothing was done
        }
        return outcome instanceof Outcome.Done;
    }

    private boolean read(long register, int place) throws InterruptedException {
        long invoked = System.nanoTime();
        Outcome outcome = admin.call(place, "GET", "/api/v1/node/" + register, "");
        long returned = System.nanoTime();
        if (isFresh(outcome)) {
            String value = ((Outcome.Done) outcome).json().at("/node/givenName").asString();
            histories.add(register, Operation.read(value, invoked, returned));
        }
        return outcome instanceof Outcome.Done;
    }

    private boolean isFresh(Outcome outcome) {
        if (outcome instanceof Outcome.Done done) {
            if (done.stale()) {
                staleReads.increment();
            }
            return !done.stale();
        }
        failedReads.increment();
        return false;
    }

    private boolean addUser(Random random) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(SET_PAUSE.toNanos());
        int number = values.incrementAndGet();
        if (users.incrementAndGet() > MAX_USERS) {
            return true;
        }
        String name = "u" + salt + "-" + number;
        long invoked = System.nanoTime();
        Outcome outcome =
                admin.call(random.nextInt(admin.places()), "POST", "/api/v1/user", "{\"name\":\"" + name + "\"}");
        long returned = System.nanoTime();
        if (!(outcome instanceof Outcome.Refused)) {
            histories.add(
                    new SetChecker.Add(name, invoked, outcome instanceof Outcome.Done ? returned : Operation.NEVER));
        }
        return outcome instanceof Outcome.Done;
    }

    private boolean readUsers(Random random) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(SET_PAUSE.toNanos());
        long invoked = System.nanoTime();
        Outcome outcome = admin.call(random.nextInt(admin.places()), "GET", "/api/v1/user", "");
        long returned = System.nanoTime();
        if (isFresh(outcome)) {
            Set<String> names = new HashSet<>();
            for (JsonNode user : ((Outcome.Done) outcome).json().at("/users")) {
                names.add(user.path("name").asString());
            }
            histories.add(new SetChecker.Read(names, invoked, returned));
        }
        return outcome instanceof Outcome.Done;
    }

    public long operations() {
        return histories.operations();
    }

    /**
     * Ends all callers, reads each register once more through each instance, waits until the watchers agree, and checks all.
     */
    public Result finish() throws InterruptedException {
        stopping = true;
        threads.shutdown();
        List<String> wrong = new ArrayList<>();
        if (!threads.awaitTermination(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            wrong.add("callers did not end within " + STOP_LIMIT);
            threads.shutdownNow();
        }
        for (Member member : swarm.members()) {
            for (int place = 0; place < admin.places(); place++) {
                boolean unused = read(member.view().selfId(), place);
            }
        }
        wrong.addAll(awaitLastValues());
        wrong.addAll(histories.check());
        return new Result(
                histories.operations(),
                histories.readOperations(),
                histories.unknownWrites(),
                staleReads.sum(),
                failedReads.sum(),
                histories.transitions(),
                wrong);
    }

    /** Every netmap must come to hold the names that the API tells. */
    private List<String> awaitLastValues() throws InterruptedException {
        long end = System.nanoTime() + STOP_LIMIT.toNanos();
        while (true) {
            List<String> differences = new ArrayList<>();
            for (JsonNode node :
                    admin.must("GET", "/api/v1/node", "", CALL_LIMIT).at("/nodes")) {
                long id = Long.parseLong(node.path("id").asString());
                String name = node.path("givenName").asString();
                for (Member member : swarm.members()) {
                    if (member.view().selfId() != id && !member.knowsAs(id, name)) {
                        differences.add("session " + member.number() + " does not know node " + id + " as " + name);
                    }
                }
            }
            if (differences.isEmpty() || System.nanoTime() > end) {
                return differences;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_AFTER_FAILURE.toMillis());
        }
    }

    @Override
    public void close() {
        stopping = true;
        threads.shutdownNow();
        swarm.close();
    }
}
