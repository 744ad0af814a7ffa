package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.limit.Accounts;
import io.fleetscale.control.frontdoor.limit.ByteBudget;
import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.meter.FrontDoorMeters;
import io.fleetscale.control.frontdoor.noise.NoiseEntrance;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.runtime.tls.TlsOffer;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What all HTTP connections share.
 *
 * @param tls asked for each connection, so that a new certificate is taken up; empty if there is none
 * @param handlers where route handlers run: virtual threads
 * @param atWork how many handlers may still start
 * @param grpcAddress {@code host:port} where gRPC is served; empty if nowhere
 * @param admitting whether clients are let in now
 */
public record HttpService(
        RouteTable routes,
        NoiseEntrance noise,
        Optional<EmbeddedRelay> relay,
        TlsOffer tls,
        ClientAddress clients,
        Limits limits,
        Accounts accounts,
        FrontDoorMeters meters,
        ByteBudget bodies,
        Executor handlers,
        Semaphore atWork,
        Supplier<String> grpcAddress,
        BooleanSupplier admitting) {}
