/**
 * Many simulated nodes of one tailnet at once. Starting points: {@code Swarm} (the nodes and what they see), {@code
 * SwarmCommand} ({@code loadtest swarm}: phases and figures).
 */
@NullMarked
package io.fleetscale.loadtest.swarm;

import org.jspecify.annotations.NullMarked;
