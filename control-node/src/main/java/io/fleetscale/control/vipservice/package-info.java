/**
 * Services of the tailnet: a name and a pair of virtual addresses that several tagged nodes can announce. Starting point: {@link
 * io.fleetscale.control.vipservice.VipServices}. Source: tailscale-api-v2 8.13.
 */
@NullMarked
package io.fleetscale.control.vipservice;

import org.jspecify.annotations.NullMarked;
