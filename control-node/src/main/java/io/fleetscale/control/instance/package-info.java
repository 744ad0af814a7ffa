/**
 * This control-node among others: its lease and what follows from losing it. Starting point: {@link
 * io.fleetscale.control.instance.InstanceLease}.
 */
@NullMarked
package io.fleetscale.control.instance;

import org.jspecify.annotations.NullMarked;
