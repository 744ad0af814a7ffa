/** The two policy engines on random tailnets, and both against a plain reading of the policy. */
@NullMarked
package io.fleetscale.loadtest.differential;

import org.jspecify.annotations.NullMarked;
