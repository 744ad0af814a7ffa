package io.fleetscale.control.boot;

import io.fleetscale.config.ListenAddress;
import io.fleetscale.control.derpmap.EmbeddedRegion;
import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.RelayConfig;
import io.fleetscale.relay.RelayIdentity;
import io.fleetscale.relay.admission.Admission;
import io.fleetscale.relay.stun.StunServer;
import io.fleetscale.relay.tls.RelayCertificate;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.DerpMap;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;

/**
 * The relay behind the main listener, and STUN beside it: the only place of the control-node that knows the relay. Clients
 * reach it by TLS with a self-signed certificate that the DERP map pins, whatever the control URL says.
 */
final class EmbeddedDerp implements AutoCloseable {
    private static final String NONE = "none";

    private final io.fleetscale.config.RelayConfig config;
    private final DerpRelay relay;
    private final RelayCertificate certificate;
    private final StunServer stun;
    private final InstantSource clock;
    private int stunPort;

    private EmbeddedDerp(
            io.fleetscale.config.RelayConfig config,
            DerpRelay relay,
            RelayCertificate certificate,
            StunServer stun,
            InstantSource clock) {
        this.config = config;
        this.relay = relay;
        this.certificate = certificate;
        this.stun = stun;
        this.clock = clock;
    }

    /**
     * Reads or makes the relay's key and certificate.
     *
     * @param hostName by which clients reach the control server, and so the relay
     */
    static EmbeddedDerp create(
            io.fleetscale.config.RelayConfig config,
            StatePaths paths,
            String hostName,
            Admission admission,
            MeterRegistry meters,
            InstantSource clock)
            throws IOException {
        BoxKeyPair identity = RelayIdentity.loadOrCreate(paths.relayKey());
        RelayCertificate certificate = RelayCertificate.loadOrCreate(paths.relayDirectory(), List.of(hostName), clock);
        ListenAddress stunAddress = config.stun();
        if (stunAddress == null) {
            throw new IllegalStateException("a checked configuration names derp.server.stun_listen_addr");
        }
        return new EmbeddedDerp(
                config,
                new DerpRelay(RelayConfig.withDefaults(identity), admission, meters),
                certificate,
                new StunServer(List.of(stunAddress.toSocketAddress()), meters),
                clock);
    }

    /**
     * Binds STUN, not before the relay can be reached. A client without its relay asks STUN again and again; answered within
     * microseconds, on the same machine, it may believe that it cannot send at all and give up its direct paths. Source: tailscale
     * net/netcheck/netcheck.go, runProbe: IPv4CanSend is set after the packet was sent, when the answer may have ended the report.
     */
    void startStun() throws IOException {
        List<InetSocketAddress> bound = stun.start();
        stunPort = bound.getFirst().getPort();
    }

    DerpRelay relay() {
        return relay;
    }

    /** TLS for those who have no certificate of their own: presents the pinned one. */
    SslContext tls() throws IOException {
        return certificate.serverContext(relay.publicKey(), clock);
    }

    /**
     * The region of this relay as clients are told it.
     *
     * @param hostName of the control URL
     * @param port of the control URL
     * @param pinned whether the listener presents the self-signed certificate, so that clients must know its pin
     */
    DerpMap.Region region(String hostName, int port, boolean pinned) {
        return EmbeddedRegion.of(
                config.regionId(),
                config.regionCode(),
                config.regionName(),
                hostName,
                port,
                stunPort,
                pinned ? certificate.pin() : "",
                config.ipv4().isEmpty() ? literal(hostName, false) : config.ipv4(),
                config.ipv6().isEmpty() ? literal(hostName, true) : config.ipv6());
    }

    /**
     * The address where the host name is one, and {@code none} for a family that it has not: clients wait three seconds for
     * probes of an address that they only suppose. Of a real name they look IPv4 up; IPv6 has to be configured.
     */
    private static String literal(String hostName, boolean v6) {
        String bare = hostName.startsWith("[") ? hostName.substring(1, hostName.length() - 1) : hostName;
        try {
            IpAddress address = IpAddress.parse(bare);
            return address.isV6() == v6 ? bare : NONE;
        } catch (IllegalArgumentException e) {
            return v6 ? NONE : "";
        }
    }

    /** Ends STUN, before the connections of the relay are closed: for the reason that {@link #startStun} gives. */
    void stopStun() {
        stun.close();
    }

    @Override
    public void close() {
        stun.close();
        relay.close();
    }
}
