package io.fleetscale.control.boot;

import io.fleetscale.config.DerpConfig;
import io.fleetscale.control.api.relay.RelayService;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.relay.CachedRelayGrid;
import io.fleetscale.control.relay.NodeKeyFeed;
import io.fleetscale.control.relay.RelayEndpoint;
import io.fleetscale.control.relay.RelayKeeper;
import io.fleetscale.control.relay.RelaySightings;
import io.fleetscale.control.relay.RelayTokens;
import io.fleetscale.control.relay.Relays;
import io.fleetscale.control.relay.TlsRelayProbe;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.runtime.Reloads;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Relays that register: wired only when a secret for them is configured, but for what lists them. */
final class RelaySide {
    private final Relays relays;
    private final Optional<RelayEndpoint> endpoint;

    private RelaySide(Relays relays, Optional<RelayEndpoint> endpoint) {
        this.relays = relays;
        this.endpoint = endpoint;
    }

    /**
     * @param elected whether this instance writes who is in the map
     * @throws IOException if the file of the secret cannot be used
     */
    static RelaySide start(
            Lifecycle lifecycle,
            DerpConfig config,
            Storage storage,
            Reloads reloads,
            BooleanSupplier elected,
            SecureRandom random)
            throws IOException {
        RelaySightings sightings =
                new RelaySightings(new CachedRelayGrid(storage.grid().cache(InstanceGrid.PENDING)), System::nanoTime);
        Relays relays = new Relays(storage.changelog(), sightings);
        Path file = config.relayTokenPath();
        if (file == null) {
            return new RelaySide(relays, Optional.empty());
        }
        RelayTokens tokens = new RelayTokens(file);
        boolean unused = tokens.load();
        reloads.add("relay tokens", tokens::load);
        NodeKeyFeed nodes = new NodeKeyFeed(storage.changelog().image(), random);
        storage.changelog().addListener(nodes);
        RelayKeeper keeper = new RelayKeeper(storage.changelog(), sightings, new TlsRelayProbe(), elected);
        lifecycle.add("relay keeper", keeper::start, keeper::close, ControlNode.STOP_LIMIT);
        return new RelaySide(
                relays,
                Optional.of(new RelayEndpoint(
                        tokens,
                        sightings,
                        nodes,
                        storage.changelog(),
                        storage.keys().secretMac())));
    }

    BindableService service() {
        return new RelayService(relays);
    }

    void register(RouteTable.Builder routes) {
        endpoint.ifPresent(relayEndpoint -> relayEndpoint.register(routes));
    }
}
