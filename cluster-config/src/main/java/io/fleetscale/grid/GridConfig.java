package io.fleetscale.grid;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that a grid needs to start.
 *
 * @param instance the name of this instance, unique in the grid and the same over restarts
 * @param programVersion {@code major.minor.patch}; instances more than one minor release apart are refused
 * @param workDirectory for files that Ignite insists on; holds nothing that must survive
 * @param bindAddress the address to listen on and to announce; ignored by {@link Discovery.Alone}
 * @param communicationPort for data between members, 47100 by default
 * @param discoveryPort for membership, 47500 by default
 * @param joinTimeout how long a start waits for the members it found to let it in
 * @param tls mandatory unless the instance is alone
 * @param contentTimeToLive how long entries of content caches live
 * @param caches all caches of the grid; the same on every instance of a release
 */
public record GridConfig(
        String instance,
        String programVersion,
        Path workDirectory,
        String bindAddress,
        int communicationPort,
        int discoveryPort,
        Discovery discovery,
        Duration joinTimeout,
        Optional<GridTls> tls,
        GridMemory memory,
        Duration contentTimeToLive,
        List<CacheDefinition<?>> caches) {
    public static final int DEFAULT_COMMUNICATION_PORT = 47100;
    public static final int DEFAULT_DISCOVERY_PORT = 47500;
    public static final Duration DEFAULT_JOIN_TIMEOUT = Duration.ofSeconds(20);
    public static final Duration DEFAULT_CONTENT_TIME_TO_LIVE = Duration.ofHours(1);

    public GridConfig {
        caches = List.copyOf(caches);
    }

    /** A grid of one instance: no ports, no TLS, default limits. */
    public static GridConfig alone(
            String instance, String programVersion, Path workDirectory, List<CacheDefinition<?>> caches) {
        return new GridConfig(
                instance,
                programVersion,
                workDirectory,
                "127.0.0.1",
                DEFAULT_COMMUNICATION_PORT,
                DEFAULT_DISCOVERY_PORT,
                new Discovery.Alone(),
                DEFAULT_JOIN_TIMEOUT,
                Optional.empty(),
                GridMemory.DEFAULT,
                DEFAULT_CONTENT_TIME_TO_LIVE,
                caches);
    }

    /** All that is wrong, in sentences that name the value and the remedy; empty when the grid can be started. */
    public List<String> validate() {
        List<String> problems = new ArrayList<>();
        if (instance.isBlank()) {
            problems.add("grid instance name: must not be empty");
        }
        try {
            ProgramVersion.parse(programVersion);
        } catch (IllegalArgumentException e) {
            problems.add("grid " + e.getMessage());
        }
        if (!(discovery instanceof Discovery.Alone)) {
            validateNetwork(problems);
        }
        if (joinTimeout.compareTo(Duration.ofMillis(1)) < 0) {
            problems.add("grid join timeout " + joinTimeout + ": must be at least a millisecond");
        }
        if (contentTimeToLive.compareTo(Duration.ofSeconds(1)) < 0) {
            problems.add("grid content time to live " + contentTimeToLive + ": must be at least a second");
        }
        validateMemory("state", memory.stateBytes(), problems);
        validateMemory("content", memory.contentBytes(), problems);
        Set<String> names = new HashSet<>();
        for (CacheDefinition<?> cache : caches) {
            if (!names.add(cache.name())) {
                problems.add("grid cache '" + cache.name() + "': defined twice");
            }
        }
        return problems;
    }

    private void validateNetwork(List<String> problems) {
        validatePort("communication", communicationPort, problems);
        validatePort("discovery", discoveryPort, problems);
        if (communicationPort == discoveryPort) {
            problems.add("grid communication and discovery port are both " + discoveryPort + ": they must differ");
        }
        if (tls.isEmpty()) {
            problems.add(
                    "grid TLS is not configured: more than one instance needs a certificate, its key and the grid's "
                            + "authority");
        }
        if (discovery instanceof Discovery.Addresses(var addresses) && addresses.isEmpty()) {
            problems.add("grid addresses: at least the own one is needed");
        }
        try {
            if (InetAddress.getByName(bindAddress).isAnyLocalAddress()) {
                problems.add("grid bind address " + bindAddress
                        + ": must be one address that the other instances reach, because it is announced to them");
            }
        } catch (UnknownHostException e) {
            problems.add("grid bind address '" + bindAddress + "': cannot be resolved");
        }
    }

    private static void validatePort(String which, int port, List<String> problems) {
        if (port < 1024 || port > 65535) {
            problems.add("grid " + which + " port " + port + ": must be 1024..65535");
        }
    }

    private static void validateMemory(String which, long bytes, List<String> problems) {
        if (bytes < GridMemory.INITIAL_BYTES) {
            problems.add(
                    "grid " + which + " memory of " + bytes + " bytes: must be at least " + GridMemory.INITIAL_BYTES);
        }
    }
}
