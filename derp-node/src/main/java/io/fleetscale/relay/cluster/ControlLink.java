package io.fleetscale.relay.cluster;

import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.mesh.MeshAddress;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Reports a relay to the control servers once a second and passes on what they want. A thread of its own; {@link #leave} may come
 * from another.
 */
public final class ControlLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlLink.class);
    private static final String HEARTBEAT = "/relay/v1/heartbeat";
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(2);
    private static final Duration LEAVING_POLL = Duration.ofMillis(100);
    /** Servers are tried faster than this in vain before it is worth a line. */
    private static final int QUIET_FAILURES = 3;

    private final ControlClient client;
    private final RelayPlace place;
    private final BooleanSupplier ready;
    private final IntSupplier connections;
    private final ControlOrders orders;
    private final String run;
    private final Thread thread = Thread.ofVirtual().name("control-link").unstarted(this::run);
    private final ReentrantLock beating = new ReentrantLock();
    private long beat;
    private boolean leaving;
    private int failures;
    private String state = "";
    private MeshKeys keys = MeshKeys.NONE;
    private Set<MeshAddress> region = Set.of();
    private boolean drains;

    /**
     * @param ready whether nodes can be sent to the relay; nothing is reported before
     * @param connections how many the relay has now
     */
    public ControlLink(
            ControlClient client,
            RelayPlace place,
            BooleanSupplier ready,
            IntSupplier connections,
            ControlOrders orders) {
        this.client = client;
        this.place = place;
        this.ready = ready;
        this.connections = connections;
        this.orders = orders;
        byte[] random = new byte[8];
        new SecureRandom().nextBytes(random);
        this.run = HexFormat.of().formatHex(random);
    }

    public void start() {
        thread.start();
    }

    /** Whether the DERP map has this relay, as far as is known. */
    public boolean isServing() {
        beating.lock();
        try {
            return state.equals("serving");
        } finally {
            beating.unlock();
        }
    }

    private void run() {
        try {
            while (!ready.getAsBoolean()) {
                Thread.sleep(INTERVAL);
            }
            while (true) {
                beat();
                Thread.sleep(failures == 0 && state.equals("unknown") ? LEAVING_POLL.multipliedBy(3) : INTERVAL);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One heartbeat; a failure is told once, and what was wanted before stays. */
    private void beat() throws InterruptedException {
        beating.lockInterruptibly();
        try {
            String body = place.heartbeat(run, ++beat, connections.getAsInt(), leaving);
            JsonNode answer = client.post(HEARTBEAT, body, CALL_LIMIT);
            if (failures >= QUIET_FAILURES) {
                LOG.info("the control server answers again");
            }
            failures = 0;
            take(answer);
        } catch (IOException e) {
            if (++failures == QUIET_FAILURES) {
                LOG.atWarn()
                        .addKeyValue("reason", e.getMessage() == null ? e.toString() : e.getMessage())
                        .log("no control server takes heartbeats, the relay goes on as it is");
            }
        } finally {
            beating.unlock();
        }
    }

    private void take(JsonNode answer) {
        String told = answer.path("state").asString("");
        if (!told.equals(state)) {
            LOG.atInfo().addKeyValue("state", told).log("the control server's view of this relay");
            state = told;
        }
        MeshKeys nextKeys = keys(answer);
        if (!nextKeys.equals(keys)) {
            keys = nextKeys;
            orders.meshKeys(nextKeys);
        }
        Set<MeshAddress> nextRegion = region(answer);
        if (!nextRegion.equals(region)) {
            region = nextRegion;
            orders.region(nextRegion);
        }
        boolean nextDrains = told.equals("draining");
        if (nextDrains != drains && !leaving) {
            drains = nextDrains;
            orders.drain(nextDrains);
        }
    }

    private MeshKeys keys(JsonNode answer) {
        StringBuilder lines = new StringBuilder();
        answer.path("mesh_keys").forEach(key -> lines.append(key.asString("")).append('\n'));
        try {
            return MeshKeys.parse(lines.toString());
        } catch (IllegalArgumentException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("the control server's mesh keys cannot be used");
            return keys;
        }
    }

    private Set<MeshAddress> region(JsonNode answer) {
        Set<MeshAddress> relays = new LinkedHashSet<>();
        for (JsonNode relay : answer.path("peers")) {
            String host = relay.path("host").asString("");
            String dial = relay.path("dial").asString("");
            try {
                relays.add(new MeshAddress(
                        host,
                        relay.path("port").asInt(0),
                        dial.isEmpty() ? host : dial,
                        relay.path("cert_name").asString("")));
            } catch (IllegalArgumentException e) {
                LOG.atWarn().addKeyValue("reason", e.getMessage()).log("another relay of the region cannot be used");
            }
        }
        return relays;
    }

    /** Says that the relay stops, and waits until the DERP map is without it, or until {@code limit}. */
    public void leave(Duration limit) throws InterruptedException {
        beating.lockInterruptibly();
        try {
            leaving = true;
        } finally {
            beating.unlock();
        }
        if (!ready.getAsBoolean()) {
            return;
        }
        long end = System.nanoTime() + limit.toNanos();
        do {
            beat();
            if (!isServing() || failures > 0) {
                return;
            }
            Thread.sleep(LEAVING_POLL);
        } while (System.nanoTime() - end < 0);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
