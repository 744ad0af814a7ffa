/** Comparison of the policy engines with captures of the real service. */
@NullMarked
package io.fleetscale.loadtest.corpus;

import org.jspecify.annotations.NullMarked;
