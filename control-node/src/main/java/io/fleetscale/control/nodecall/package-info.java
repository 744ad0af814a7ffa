/**
 * What clients call inside Noise: {@link io.fleetscale.control.nodecall.NodeCalls} puts registration, maps and the small
 * calls on their paths. Source: control-protocol 3.3.
 */
@NullMarked
package io.fleetscale.control.nodecall;

import org.jspecify.annotations.NullMarked;
