/**
 * Who may use the relay: the question that it asks its owner once for each connection.
 *
 * <p>Starting point: {@link io.fleetscale.relay.admission.Admission}.
 */
@NullMarked
package io.fleetscale.relay.admission;

import org.jspecify.annotations.NullMarked;
