/** Users of the tailnet. Starting point: {@code Users}. */
@NullMarked
package io.fleetscale.control.user;

import org.jspecify.annotations.NullMarked;
