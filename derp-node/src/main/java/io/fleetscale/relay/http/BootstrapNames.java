package io.fleetscale.relay.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Addresses of a few names, for nodes whose own DNS does not work: what {@code /bootstrap-dns} answers. Names are looked up every
 * ten minutes on a thread of its own, never for a request; a name that cannot be found keeps the addresses that it had. Source:
 * tailscale cmd/derper/bootstrap_dns.go, net/dnsfallback/dnsfallback.go. Thread-safe.
 */
public final class BootstrapNames implements AutoCloseable {
    /** Answers that no name is known. */
    public static final BootstrapNames NONE = new BootstrapNames(List.of(), name -> List.of());

    private static final Logger LOG = LoggerFactory.getLogger(BootstrapNames.class);
    private static final Duration REFRESH = Duration.ofMinutes(10);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(15);

    private final List<String> names;
    private final Resolver resolver;
    private final Map<String, List<String>> known = new TreeMap<>();
    private final Thread thread = Thread.ofVirtual().name("bootstrap-names").unstarted(this::run);
    private volatile byte[] answer = "{}".getBytes(StandardCharsets.UTF_8);

    /** Looks a name up. */
    @FunctionalInterface
    interface Resolver {
        /** Its addresses as texts, at least one. */
        List<String> addresses(String name) throws UnknownHostException;
    }

    /** @param names DNS names, not addresses */
    public BootstrapNames(Collection<String> names) {
        this(names, BootstrapNames::lookUp);
    }

    BootstrapNames(Collection<String> names, Resolver resolver) {
        this.names = List.copyOf(names);
        this.resolver = resolver;
    }

    public void start() {
        if (!names.isEmpty()) {
            thread.start();
        }
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(refresh() ? REFRESH : AFTER_FAILURE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether all names were found. */
    boolean refresh() {
        boolean all = true;
        for (String name : names) {
            try {
                known.put(name, resolver.addresses(name));
            } catch (UnknownHostException e) {
                all = false;
                LOG.atDebug().addKeyValue("name", name).log("a name for nodes without DNS was not found");
            }
        }
        ObjectNode root = new JsonMapper().createObjectNode();
        known.forEach((name, addresses) -> {
            ArrayNode list = root.putArray(name);
            addresses.forEach(list::add);
        });
        answer = root.toString().getBytes(StandardCharsets.UTF_8);
        return all;
    }

    /** A JSON object: for each name a list of addresses. Not to be changed. */
    public byte[] answer() {
        return answer;
    }

    private static List<String> lookUp(String name) throws UnknownHostException {
        return Arrays.stream(InetAddress.getAllByName(name))
                .map(InetAddress::getHostAddress)
                .toList();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
