/**
 * One connection of one node: greeting, admission, frames, send queues, keep-alive.
 *
 * <p>Starting points: {@link io.fleetscale.relay.session.DerpSession}, {@link io.fleetscale.relay.session.Outflow}.
 */
@NullMarked
package io.fleetscale.relay.session;

import org.jspecify.annotations.NullMarked;
