/**
 * The grid: what all instances of a cluster hold together in memory, over Apache Ignite.
 *
 * <p>It is a versioned cache and a fan-out, never the sole holder of anything that must survive. Values are bytes behind a small
 * binary header; nothing here knows what they mean. Starting points: {@link io.fleetscale.grid.Grid}, {@link
 * io.fleetscale.grid.GridConfig}, {@link io.fleetscale.grid.CacheDefinition}.
 */
@NullMarked
package io.fleetscale.grid;

import org.jspecify.annotations.NullMarked;
