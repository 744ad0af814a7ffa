/**
 * The oracle: policies interpreted node by node and pair by pair, straight from the specification. Tests and {@code loadtest}
 * compare the server's engine with it; the server itself never uses it. Written to be read beside the specification: no
 * classes, no sharing, no state. Starting points: {@code DirectPolicy}, {@code RuleList}.
 */
@NullMarked
package io.fleetscale.control.policy.direct;

import org.jspecify.annotations.NullMarked;
