package io.fleetscale.wire.tailcfg;

import java.util.Comparator;
import java.util.Set;

/** Something that a node listens on. Source: control-protocol 6.4. */
public record Service(String proto, int port, String description) implements Comparable<Service> {
    private static final Set<String> PEER_API = Set.of("peerapi4", "peerapi6", "peerapi-dns-proxy");
    private static final Comparator<Service> ORDER =
            Comparator.comparing(Service::proto).thenComparingInt(Service::port).thenComparing(Service::description);

    /** Whether peers need to know it: file transfer, exit-node DNS and the like run over it. */
    public boolean isPeerApi() {
        return PEER_API.contains(proto);
    }

    @Override
    public int compareTo(Service other) {
        return ORDER.compare(this, other);
    }
}
