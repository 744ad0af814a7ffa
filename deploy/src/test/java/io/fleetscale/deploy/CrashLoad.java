package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.loadtest.client.ClientLoops;
import io.fleetscale.loadtest.client.ControlException;
import io.fleetscale.loadtest.client.ControlUrl;
import io.fleetscale.loadtest.client.NodeIdentity;
import io.fleetscale.loadtest.client.NodeObserver;
import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.netmap.FrameCounter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;

/**
 * Writes that are repeated until the server acknowledges them, and what it then must know. A write whose answer was lost is
 * tried again in a way that a user would: the same node registers again, a user that exists already is looked up.
 */
final class CrashLoad implements AutoCloseable {
    private static final int REGISTERING_THREADS = 4;
    private static final int WRITING_THREADS = 4;
    private static final Duration CALL_LIMIT = Duration.ofSeconds(20);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final DevProcess dev;
    private final int registrations;
    private final int writes;
    private final ClientLoops loops = new ClientLoops(1);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> work = new ArrayList<>();
    private final AtomicInteger nextRegistration = new AtomicInteger();
    private final AtomicInteger nextWrite = new AtomicInteger();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final Set<String> nodeKeys = ConcurrentHashMap.newKeySet();
    private final Map<String, String> userNames = new ConcurrentHashMap<>();
    private final Set<String> preAuthKeys = ConcurrentHashMap.newKeySet();

    CrashLoad(DevProcess dev, int registrations, int writes) {
        this.dev = dev;
        this.registrations = registrations;
        this.writes = writes;
    }

    void start() {
        for (int i = 0; i < REGISTERING_THREADS; i++) {
            work.add(threads.submit(() -> {
                for (int n = nextRegistration.getAndIncrement();
                        n < registrations;
                        n = nextRegistration.getAndIncrement()) {
                    register(n);
                }
                return null;
            }));
        }
        for (int i = 0; i < WRITING_THREADS; i++) {
            work.add(threads.submit(() -> {
                // three writes belong together: a user, its new name, a key of it
                for (int n = nextWrite.getAndAdd(3); n < writes; n = nextWrite.getAndAdd(3)) {
                    administer(n);
                }
                return null;
            }));
        }
    }

    int acknowledged() {
        return acknowledged.get();
    }

    void awaitEnd(Duration limit) throws Exception {
        for (Future<?> part : work) {
            part.get(limit.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private void register(int number) throws InterruptedException {
        NodeIdentity identity = NodeIdentity.create("crash-" + number);
        while (true) {
            try (SimulatedNode node = new SimulatedNode(
                    loops, ControlUrl.parse(dev.ready("url")), identity, new FrameCounter(), NodeObserver.NONE)) {
                node.register(dev.ready("preauth_key"))
                        .orTimeout(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS)
                        .join();
                nodeKeys.add(identity.nodeKey().toString());
                acknowledged.incrementAndGet();
                return;
            } catch (CompletionException e) {
                if (e.getCause() instanceof ControlException refused
                        && String.valueOf(refused.getMessage()).startsWith("register: ")
                        && !String.valueOf(refused.getMessage()).startsWith("register: status 5")) {
                    throw new AssertionError("node " + number + " was refused: " + refused.getMessage(), refused);
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private void administer(int number) throws InterruptedException {
        String id = createUser("user-" + number);
        userNames.put(id, "user-" + number);
        acknowledged.incrementAndGet();
        if (number + 1 < writes) {
            String renamed = "renamed-" + number;
            until(() -> dev.api("POST", "/api/v1/user/" + id + "/rename/" + renamed, null)
                            .status()
                    == 200);
            userNames.put(id, renamed);
            acknowledged.incrementAndGet();
        }
        if (number + 2 < writes) {
            String body = "{\"user\":\"" + id + "\",\"reusable\":true,\"expiration\":\""
                    + Instant.now().plusSeconds(3600) + "\"}";
            until(() -> {
                DevProcess.Answer answer = dev.api("POST", "/api/v1/preauthkey", body);
                if (answer.status() != 200) {
                    return false;
                }
                String key = answer.json().at("/preAuthKey/id").asString();
                assertThat(preAuthKeys.add(key))
                        .as("pre-auth key id %s given twice", key)
                        .isTrue();
                return true;
            });
            acknowledged.incrementAndGet();
        }
    }

    private String createUser(String name) throws InterruptedException {
        String[] id = {""};
        until(() -> {
            DevProcess.Answer answer = dev.api("POST", "/api/v1/user", "{\"name\":\"" + name + "\"}");
            if (answer.status() == 200) {
                id[0] = answer.json().at("/user/id").asString();
                return true;
            }
            // the answer to an earlier try may have been lost
            JsonNode known =
                    dev.api("GET", "/api/v1/user?name=" + name, null).json().at("/users/0/id");
            id[0] = known.asString("");
            return !id[0].isEmpty();
        });
        return id[0];
    }

    private interface Attempt {
        boolean succeeds();
    }

    /** Again and again while the server is away or answers that it cannot. */
    private static void until(Attempt attempt) throws InterruptedException {
        while (true) {
            try {
                if (attempt.succeeds()) {
                    return;
                }
            } catch (UncheckedIOException e) {
                // being killed or started: the next attempt tells
            }
            Thread.sleep(PAUSE);
        }
    }

    /** Everything acknowledged is there, and no id, key or address twice. */
    void verify() {
        JsonNode nodes = dev.api("GET", "/api/v1/node", null).json().at("/nodes");
        Set<String> unique = new HashSet<>();
        Set<String> seenKeys = new HashSet<>();
        for (JsonNode node : nodes) {
            assertUnique(unique, "node id " + node.path("id").asString());
            assertUnique(unique, "machine key " + node.path("machineKey").asString());
            assertUnique(unique, "name " + node.path("givenName").asString());
            seenKeys.add(node.path("nodeKey").asString());
            assertUnique(unique, node.path("nodeKey").asString());
            assertThat(node.path("ipAddresses").size()).isEqualTo(2);
            for (JsonNode address : node.path("ipAddresses")) {
                assertUnique(unique, "address " + address.asString());
            }
        }
        assertThat(seenKeys).containsAll(nodeKeys);

        Map<String, String> users = new HashMap<>();
        for (JsonNode user : dev.api("GET", "/api/v1/user", null).json().at("/users")) {
            String id = user.path("id").asString();
            assertUnique(unique, "user id " + id);
            assertUnique(unique, "user name " + user.path("name").asString());
            users.put(id, user.path("name").asString());
        }
        assertThat(users).containsAllEntriesOf(userNames);

        Set<String> keys = new HashSet<>();
        for (JsonNode key : dev.api("GET", "/api/v1/preauthkey", null).json().at("/preAuthKeys")) {
            assertUnique(unique, "pre-auth key id " + key.path("id").asString());
            keys.add(key.path("id").asString());
        }
        assertThat(keys).containsAll(preAuthKeys);
    }

    private static void assertUnique(Set<String> unique, String what) {
        assertThat(unique.add(what)).as("%s is there twice", what).isTrue();
    }

    @Override
    public void close() {
        threads.shutdownNow();
        loops.close();
    }
}
