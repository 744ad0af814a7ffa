/** The control server. Starting points: {@code boot} composes it, {@code tailnet} is its state, {@code changelog} changes it. */
@NullMarked
package io.fleetscale.control;

import org.jspecify.annotations.NullMarked;
