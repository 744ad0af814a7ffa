/**
 * This control-node among others: its lease, who else lives, who acts for all, what follows from losing sight of the others,
 * and how an instance gives its sessions away. Starting points: {@link io.fleetscale.control.instance.InstanceLease}, {@link
 * io.fleetscale.control.instance.ClusterWatch}, {@link io.fleetscale.control.instance.Drain}.
 */
@NullMarked
package io.fleetscale.control.instance;

import org.jspecify.annotations.NullMarked;
