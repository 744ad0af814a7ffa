/**
 * Simulated nodes that speak the real control protocol, thousands in one process. Starting points: {@code ClientLoops}
 * (threads shared by all), {@code SimulatedNode} (registers, keeps its map poll up, sends updates).
 */
@NullMarked
package io.fleetscale.loadtest.client;

import org.jspecify.annotations.NullMarked;
