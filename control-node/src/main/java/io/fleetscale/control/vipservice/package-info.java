/**
 * Services of the tailnet: a name and a pair of virtual addresses that several tagged nodes can serve. Starting points: {@link
 * io.fleetscale.control.vipservice.VipServices} for what administrators do, {@link
 * io.fleetscale.control.vipservice.ServiceOffers} for what clients offer, {@link
 * io.fleetscale.control.vipservice.ServiceHosting} for what comes of both. Source: tailscale-api-v2 8.13, policy 9.4.
 */
@NullMarked
package io.fleetscale.control.vipservice;

import org.jspecify.annotations.NullMarked;
