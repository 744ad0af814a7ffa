/** Tests of the checks of policies against tailnets. */
@NullMarked
package io.fleetscale.control.policy.test;

import org.jspecify.annotations.NullMarked;
