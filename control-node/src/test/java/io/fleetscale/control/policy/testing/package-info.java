/** What tests of policies share. */
@NullMarked
package io.fleetscale.control.policy.testing;

import org.jspecify.annotations.NullMarked;
