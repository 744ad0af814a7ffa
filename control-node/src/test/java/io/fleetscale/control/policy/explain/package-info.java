/** Tests of explanations and differences of policies. */
@NullMarked
package io.fleetscale.control.policy.explain;

import org.jspecify.annotations.NullMarked;
