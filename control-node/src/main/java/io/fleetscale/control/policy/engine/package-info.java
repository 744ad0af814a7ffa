/**
 * The engine that the server runs: it compiles a policy for classes of nodes that the policy cannot tell apart, so that its
 * cost follows the number of classes, not of nodes, and a change costs what it touches. Starting points: {@code EnginePolicy},
 * {@code Program}, {@code ClassTable}. Source: policy 11.
 */
@NullMarked
package io.fleetscale.control.policy.engine;

import org.jspecify.annotations.NullMarked;
