package io.fleetscale.relay.program;

import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.admission.MeshKeys;
import io.fleetscale.relay.cluster.ControlClient;
import io.fleetscale.relay.cluster.ControlLink;
import io.fleetscale.relay.cluster.ControlOrders;
import io.fleetscale.relay.cluster.NodeList;
import io.fleetscale.relay.cluster.RelayPlace;
import io.fleetscale.relay.listener.RelayListener;
import io.fleetscale.relay.mesh.Mesh;
import io.fleetscale.relay.mesh.MeshAddress;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.net.Transport;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a relay has more when it is a member of a cluster: the link to the control servers, and what it does with their orders. */
final class ClusterPart {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterPart.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(2);

    private final RelaySettings.Membership membership;
    private final Lifecycle lifecycle;
    private final Duration drainWindow;
    private final String version;
    private final ControlClient client;
    private final List<Consumer<NodeKey>> revoked = new CopyOnWriteArrayList<>();

    ClusterPart(RelaySettings.Membership membership, Lifecycle lifecycle, Duration drainWindow, String version) {
        this.membership = membership;
        this.lifecycle = lifecycle;
        this.drainWindow = drainWindow;
        this.version = version;
        this.client = new ControlClient(membership.servers(), membership.tokenFile());
        lifecycle.add("control client", () -> {}, client::close, STOP_LIMIT);
    }

    void whenRevoked(Consumer<NodeKey> action) {
        revoked.add(action);
    }

    /** The pushed list of nodes; about nodes that are not in it, {@code otherwise} decides. */
    Admission admission(Admission otherwise) {
        NodeList nodes = new NodeList(client, otherwise, node -> revoked.forEach(action -> action.accept(node)));
        lifecycle.add("node list", nodes::start, nodes::close, STOP_LIMIT);
        return nodes;
    }

    Mesh mesh(DerpRelay relay, Transport transport) {
        Mesh mesh = relay.mesh(transport);
        lifecycle.add("mesh of the region", () -> {}, mesh::close, STOP_LIMIT);
        return mesh;
    }

    /**
     * Reports the relay, whose ports are bound by now, once it is ready; at the end it first leaves the DERP map.
     *
     * @param ready whether nodes can be sent to it
     */
    void start(
            DerpRelay relay,
            RelayListener listener,
            Mesh mesh,
            RelayNode.Running running,
            String hostname,
            BooleanSupplier ready)
            throws Exception {
        whenRevoked(relay::disconnect);
        InetSocketAddress stun = running.stun();
        RelayPlace place = new RelayPlace(
                membership.name(),
                membership.regionId(),
                membership.regionCode(),
                membership.regionName(),
                hostname,
                membership.advertisedPort() == 0 ? running.relay().getPort() : membership.advertisedPort(),
                stun == null ? -1 : stun.getPort(),
                membership.ipv4(),
                membership.ipv6(),
                running.pin(),
                running.plain() != null && running.plain().getPort() == 80,
                running.publicKey(),
                relay.capacity(),
                version);
        ControlLink link = new ControlLink(client, place, ready, relay::connections, new Orders(relay, listener, mesh));
        lifecycle.add(
                "membership",
                link::start,
                () -> {
                    link.leave(LEAVE_LIMIT);
                    link.close();
                },
                LEAVE_LIMIT.plus(STOP_LIMIT));
        lifecycle.start();
    }

    private final class Orders implements ControlOrders {
        private final DerpRelay relay;
        private final RelayListener listener;
        private final Mesh mesh;

        Orders(DerpRelay relay, RelayListener listener, Mesh mesh) {
            this.relay = relay;
            this.listener = listener;
            this.mesh = mesh;
        }

        @Override
        public void meshKeys(MeshKeys keys) {
            relay.useMeshKeys(keys);
        }

        @Override
        public void region(Set<MeshAddress> relays) {
            mesh.join(relays);
        }

        @Override
        public void drain(boolean drains) {
            if (drains) {
                // Nodes that come now find the port closed and take the next relay of the region at once.
                listener.stopAccepting();
                var unused = Thread.ofVirtual().name("relay-drain").start(() -> relay.drain(drainWindow));
                return;
            }
            relay.resume();
            try {
                listener.acceptAgain();
            } catch (IOException e) {
                LOG.atError().addKeyValue("reason", e.getMessage()).log("the relay cannot listen again after a drain");
            }
        }
    }
}
