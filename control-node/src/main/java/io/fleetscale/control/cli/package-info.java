/**
 * The command line, in headscale's words. Starting points: {@link io.fleetscale.control.cli.FleetscaleCommand} parses and
 * runs, {@link io.fleetscale.control.cli.CliCommand} describes one command. Source: headscale-surface 4.
 */
@NullMarked
package io.fleetscale.control.cli;

import org.jspecify.annotations.NullMarked;
