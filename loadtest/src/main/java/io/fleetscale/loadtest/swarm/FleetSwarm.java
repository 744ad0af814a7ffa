package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.cluster.AdminClient;
import io.fleetscale.loadtest.netmap.PeerView.Degree;
import io.fleetscale.loadtest.netmap.Violation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/**
 * A swarm whose every session is held against a model, with writes that go on while faults happen. The tailnet must hold no
 * other nodes. To be driven by one thread.
 */
public final class FleetSwarm implements AutoCloseable {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);
    private static final Duration CHECK_EVERY = Duration.ofMillis(100);

    private final TailnetModel model;
    private final ChangeEvents events;
    private final SessionLog sessions = new SessionLog();
    private final Swarm swarm;
    private final AdminClient admin;
    private final String user;
    private final Map<Integer, String> keys = new ConcurrentHashMap<>();
    private final Map<Integer, SessionLog.Session> sessionOf = new ConcurrentHashMap<>();
    private final WriteLoad writes;

    /**
     * @param urls of one balancer, or of all instances
     * @param user by name, who owns what joins
     * @param groups how many groups that see only themselves; 0: all see all
     */
    public FleetSwarm(
            ClientLoops loops, List<ControlUrl> urls, AdminClient admin, String user, int groups, Random random) {
        this.model = new TailnetModel(groups);
        this.events = new ChangeEvents(model);
        this.swarm = new Swarm(loops, urls, true, events, model);
        this.admin = admin;
        this.user = user;
        this.writes = new WriteLoad(this, admin, keys::get, random);
    }

    Swarm swarm() {
        return swarm;
    }

    TailnetModel model() {
        return model;
    }

    ChangeEvents events() {
        return events;
    }

    public SessionLog sessions() {
        return sessions;
    }

    Member prepare() {
        SessionLog.Session session = sessions.newSession();
        Member member = swarm.prepare("sim", session);
        sessionOf.put(member.number(), session);
        return member;
    }

    /** A member whose node is about to be deleted. */
    void leave(Member member) {
        SessionLog.Session session = sessionOf.remove(member.number());
        if (session != null) {
            session.leave();
        }
    }

    /** Sets the policy, makes a key for each group, registers {@code count} nodes and waits until all see all they must. */
    public void join(int count, int parallel, Duration limit) throws InterruptedException, TimeoutException {
        String id = admin.must("GET", "/api/v1/user?name=" + user, "", CALL_LIMIT)
                .at("/users/0/id")
                .asString();
        if (model.groups() > 0) {
            String policy = model.policy(user).replace("\"", "\\\"");
            var unused = admin.must("PUT", "/api/v1/policy", "{\"policy\":\"" + policy + "\"}", CALL_LIMIT);
        }
        for (int group = 0; group < Math.max(1, model.groups()); group++) {
            String tags = model.groups() == 0 ? "" : "\"" + model.tags(group).getFirst() + "\"";
            String body = "{\"user\":\"" + id + "\",\"reusable\":true,\"aclTags\":[" + tags + "],\"expiration\":\""
                    + Instant.now().plusSeconds(86_400) + "\"}";
            keys.put(
                    group,
                    admin.must("POST", "/api/v1/preauthkey", body, CALL_LIMIT)
                            .at("/preAuthKey/key")
                            .asString());
        }
        List<Member> joining = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Member member = prepare();
            swarm.admit(member);
            joining.add(member);
        }
        Swarm.forEach(joining, parallel, member -> Swarm.insistOnRegistration(member, keyOf(member), CALL_LIMIT));
        swarm.startPolling();
        swarm.awaitAllSeeAll(Degree.REACHABLE, limit);
        for (Member member : joining) {
            events.know(member.view().selfId(), member.number());
        }
    }

    private String keyOf(Member member) {
        String key = keys.get(model.group(member));
        if (key == null) {
            throw new IllegalStateException("no key for group " + model.group(member));
        }
        return key;
    }

    public void startWrites(double perSecond) {
        writes.start(perSecond);
    }

    public long acknowledgedWrites() {
        return writes.acknowledged();
    }

    /** Writes that could not be begun because too many had no answer. */
    public long skippedWrites() {
        return writes.skipped();
    }

    /** From the first try to the acknowledgement, in microseconds, since the last call. */
    public Histogram takeWriteLatency() {
        return writes.takeLatency();
    }

    /** From before a write's first try to each session that saw it, in microseconds, since the last call. */
    public Histogram takeArrivals() {
        return events.takeArrivals();
    }

    /** How often a session was told that a peer is offline that was not. */
    public long falseOffline() {
        return events.falseOffline();
    }

    /** Stops the writes (they can be started again), waits for their answers, and for all netmaps to be what was acknowledged. What is wrong then. */
    public List<String> settle(Duration limit) throws InterruptedException {
        writes.finish();
        List<Violation> wrong = awaitTruth(limit);
        List<String> failures = new ArrayList<>(writes.takeFailures());
        wrong.forEach(violation -> failures.add(violation.toString()));
        return failures;
    }

    private List<Violation> awaitTruth(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            List<Violation> wrong = swarm.violations();
            if (wrong.isEmpty() || System.nanoTime() > end) {
                wrong.addAll(events.violations());
                return wrong;
            }
            TimeUnit.MILLISECONDS.sleep(CHECK_EVERY.toMillis());
        }
    }

    @Override
    public void close() {
        writes.close();
        swarm.close();
    }
}
