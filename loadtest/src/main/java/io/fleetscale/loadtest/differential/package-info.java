/**
 * Random tailnets with random policies, on which the engines must say the same. Starting points: {@code PolicyCase},
 * {@code Differential}.
 */
@NullMarked
package io.fleetscale.loadtest.differential;

import org.jspecify.annotations.NullMarked;
