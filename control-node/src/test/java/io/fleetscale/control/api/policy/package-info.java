/** Tests of the RPCs about policies. */
@NullMarked
package io.fleetscale.control.api.policy;

import org.jspecify.annotations.NullMarked;
