package io.fleetscale.control.frontdoor;

import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.wire.ip.IpPrefix;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Settings of the main listener.
 *
 * @param listen where it listens; port 0 takes any free one
 * @param trustedProxies whose PROXY headers and forwarding headers are believed
 * @param minimumCapabilityVersion oldest client that is let in
 * @param eventLoops threads for the network; 0 takes one for each processor
 * @param handshakeThreads threads for the cryptography of handshakes; 0 takes one for each processor
 * @param grpcAddress where gRPC is served, as {@code host:port}; empty text if nowhere
 * @param admitting whether clients are let in; else they are told to come again, to another instance
 */
public record FrontDoorConfig(
        List<InetSocketAddress> listen,
        List<IpPrefix> trustedProxies,
        Limits limits,
        int minimumCapabilityVersion,
        int eventLoops,
        int handshakeThreads,
        Supplier<String> grpcAddress,
        BooleanSupplier admitting) {
    /** Capability version of Tailscale 1.80. */
    public static final int DEFAULT_MINIMUM_CAPABILITY_VERSION = 113;

    public FrontDoorConfig {
        listen = List.copyOf(listen);
        trustedProxies = List.copyOf(trustedProxies);
    }

    /** Everything else by default. */
    public static FrontDoorConfig listeningOn(List<InetSocketAddress> listen) {
        return new FrontDoorConfig(
                listen, List.of(), Limits.DEFAULT, DEFAULT_MINIMUM_CAPABILITY_VERSION, 0, 0, () -> "", () -> true);
    }

    public FrontDoorConfig withTrustedProxies(List<IpPrefix> proxies) {
        return new FrontDoorConfig(
                listen,
                proxies,
                limits,
                minimumCapabilityVersion,
                eventLoops,
                handshakeThreads,
                grpcAddress,
                admitting);
    }

    public FrontDoorConfig withLimits(Limits other) {
        return new FrontDoorConfig(
                listen,
                trustedProxies,
                other,
                minimumCapabilityVersion,
                eventLoops,
                handshakeThreads,
                grpcAddress,
                admitting);
    }

    public FrontDoorConfig withGrpcAddress(Supplier<String> address) {
        return new FrontDoorConfig(
                listen,
                trustedProxies,
                limits,
                minimumCapabilityVersion,
                eventLoops,
                handshakeThreads,
                address,
                admitting);
    }

    public FrontDoorConfig withAdmitting(BooleanSupplier admits) {
        return new FrontDoorConfig(
                listen,
                trustedProxies,
                limits,
                minimumCapabilityVersion,
                eventLoops,
                handshakeThreads,
                grpcAddress,
                admits);
    }
}
