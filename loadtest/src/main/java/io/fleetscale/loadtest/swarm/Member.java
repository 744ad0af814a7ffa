package io.fleetscale.loadtest.swarm;

import io.fleetscale.loadtest.client.SimulatedNode;
import io.fleetscale.loadtest.netmap.PeerView;

/** A node of a swarm and what it sees; {@code number} is its place in the swarm. */
public record Member(int number, SimulatedNode node, PeerView view) {}
