package io.fleetscale.control.boot;

import io.fleetscale.config.DerpConfig;
import io.fleetscale.control.api.relay.RelayService;
import io.fleetscale.control.derpmap.RelayMember;
import io.fleetscale.control.derpmap.RelayMembers;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Relays that register: wired only when a secret for them is configured, but for what lists them. */
final class RelaySide {
    private static final Logger LOG = LoggerFactory.getLogger(RelaySide.class);

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
            warnOfThoseThatCannotReport(RelayMembers.of(storage.changelog().image()));
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

    private static void warnOfThoseThatCannotReport(RelayMembers registered) {
        if (!registered.members().isEmpty()) {
            LOG.atWarn()
                    .addKeyValue(
                            "relays",
                            registered.members().stream().map(RelayMember::name).toList())
                    .log(
                            "relays have registered, but this instance has no relays.token_path and hears none of them: name the"
                                    + " file, or take them out of the DERP map with \"fleetscale relays remove NAME --force\"");
        }
    }

    BindableService service() {
        return new RelayService(relays);
    }

    void register(RouteTable.Builder routes) {
        endpoint.ifPresent(relayEndpoint -> relayEndpoint.register(routes));
    }
}
