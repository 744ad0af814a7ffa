/**
 * Composition: {@link io.fleetscale.control.boot.ControlNode} builds, starts and stops everything in order; {@link
 * io.fleetscale.control.boot.DevCommand} and {@link io.fleetscale.control.boot.ServeCommand} run it; {@link
 * io.fleetscale.control.boot.Fleetscale} is the program. No other package knows all features.
 */
@NullMarked
package io.fleetscale.control.boot;

import org.jspecify.annotations.NullMarked;
