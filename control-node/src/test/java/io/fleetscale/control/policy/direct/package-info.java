/** Tests of the pair-wise interpreter: the worked examples of the specification. */
@NullMarked
package io.fleetscale.control.policy.direct;

import org.jspecify.annotations.NullMarked;
