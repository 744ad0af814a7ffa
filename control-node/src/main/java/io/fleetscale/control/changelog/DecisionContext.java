package io.fleetscale.control.changelog;

import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * What a decider may use beside the image.
 *
 * @param now the wall clock at the start of the transaction, truncated to microseconds (the database's resolution)
 * @param random secure randomness for identifiers and address allocation
 */
public record DecisionContext(Instant now, RandomGenerator random) {}
