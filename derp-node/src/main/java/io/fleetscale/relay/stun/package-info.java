/**
 * Answers STUN binding requests of nodes on UDP.
 *
 * <p>Starting point: {@link io.fleetscale.relay.stun.StunServer}.
 */
@NullMarked
package io.fleetscale.relay.stun;

import org.jspecify.annotations.NullMarked;
