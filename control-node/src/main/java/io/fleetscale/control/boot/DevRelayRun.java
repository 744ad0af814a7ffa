package io.fleetscale.control.boot;

import io.fleetscale.control.dev.DevProcesses;
import io.fleetscale.control.dev.DevRelays;
import io.fleetscale.control.dev.StartRequests;
import io.fleetscale.proto.relay.v1.ListRelaysRequest;
import io.fleetscale.proto.relay.v1.Relay;
import io.fleetscale.proto.relay.v1.RemoveRelayRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The relays beside a server of {@code fleetscale dev}, from their start until clients are told of all of them. One that was
 * killed stays dead until {@code fleetscale dev start NAME}.
 */
final class DevRelayRun implements AutoCloseable {
    private static final Duration REGISTRATION_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final String SERVING = "serving";

    private final DevProcesses processes;
    private final StartRequests requests;
    private final DevRelays relays;

    private DevRelayRun(DevProcesses processes, StartRequests requests, DevRelays relays) {
        this.processes = processes;
        this.requests = requests;
        this.relays = relays;
    }

    /** Starts the relays of {@code plan}; does not wait for them. */
    static DevRelayRun launch(DevRelays.Plan plan) throws IOException {
        DevProcesses processes = new DevProcesses();
        StartRequests requests = StartRequests.listen(plan.data(), processes);
        try {
            return new DevRelayRun(processes, requests, DevRelays.launch(processes, plan));
        } catch (IOException e) {
            processes.close();
            requests.close();
            throw e;
        }
    }

    /** Waits until all stand in the DERP map. */
    List<DevRelays.Relay> awaitServing(Path unixSocket) throws IOException, InterruptedException {
        List<DevRelays.Relay> ready = relays.awaitReady();
        settle(unixSocket, ready);
        return ready;
    }

    /**
     * Takes out of the DERP map what an earlier start with more relays left there, and waits until {@code relays} are in it.
     *
     * @throws IOException if they have not registered in time
     */
    static void settle(Path unixSocket, List<DevRelays.Relay> relays) throws IOException, InterruptedException {
        Set<String> names = new HashSet<>();
        relays.forEach(relay -> names.add(relay.name()));
        long end = System.nanoTime() + REGISTRATION_LIMIT.toNanos();
        try (LocalAdministration server = new LocalAdministration(unixSocket)) {
            while (!isSettled(server, names)) {
                if (System.nanoTime() - end > 0) {
                    throw new IOException("the relays have not registered within " + REGISTRATION_LIMIT.toSeconds()
                            + " s: each writes what it misses into the file log of its directory in relays/");
                }
                Thread.sleep(POLL);
            }
        }
    }

    private static boolean isSettled(LocalAdministration server, Set<String> names) {
        Set<String> missing = new HashSet<>(names);
        for (Relay known : server.relays()
                .listRelays(ListRelaysRequest.getDefaultInstance())
                .getRelaysList()) {
            if (names.contains(known.getName())) {
                if (known.getState().equals(SERVING) && known.getAlive()) {
                    missing.remove(known.getName());
                }
            } else if (!known.getAlive()) {
                var unused = server.relays()
                        .removeRelay(RemoveRelayRequest.newBuilder()
                                .setName(known.getName())
                                .setForce(true)
                                .build());
            }
        }
        return missing.isEmpty();
    }

    @Override
    public void close() throws IOException {
        try (requests;
                processes) {
            // closed in the opposite order, the second also when the first fails
        }
    }
}
