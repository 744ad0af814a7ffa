package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.control.frontdoor.limit.ByteBudget;
import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.meter.FrontDoorMeters;
import java.util.concurrent.Executor;

/**
 * What all Noise connections share.
 *
 * @param calls where RPCs run: virtual threads
 */
record NoiseService(NoiseRoutes routes, Limits limits, FrontDoorMeters meters, ByteBudget bodies, Executor calls) {}
