/**
 * A relay that belongs to a cluster of control servers: it reports to them once a second, and hears from them who else is in its
 * region, which mesh keys hold, which nodes may use it, and whether it should drain.
 *
 * <p>Without them it goes on with what it knew last.
 *
 * <p>Starting points: {@link io.fleetscale.relay.cluster.ControlLink}, {@link io.fleetscale.relay.cluster.NodeList}.
 */
@NullMarked
package io.fleetscale.relay.cluster;

import org.jspecify.annotations.NullMarked;
