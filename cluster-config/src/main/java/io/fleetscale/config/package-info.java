/**
 * The configuration file: headscale's keys and Fleetscale's own, read from YAML or JSON and from the environment into
 * one immutable record per feature. Reading never stops at the first mistake: it returns every problem at once, each
 * with the key, the value and a remedy.
 *
 * <p>Starting points: {@link io.fleetscale.config.ConfigLoader} reads, {@link io.fleetscale.config.ServerConfig} is the
 * root of the records (and can be built without a file), {@link io.fleetscale.config.ConfigKeys} is the table of all
 * keys.
 */
@NullMarked
package io.fleetscale.config;

import org.jspecify.annotations.NullMarked;
