/**
 * Whether a cluster behaves as one copy of its data. Starting points: {@code RegisterChecker}, {@code SetChecker} (are these
 * operations linearizable?), {@code OrderChecker} (did all watchers see the same order?), {@code ConsistencyCommand} ({@code
 * loadtest consistency}: makes such histories on three instances while faults happen, and checks them).
 */
@NullMarked
package io.fleetscale.loadtest.consistency;

import org.jspecify.annotations.NullMarked;
