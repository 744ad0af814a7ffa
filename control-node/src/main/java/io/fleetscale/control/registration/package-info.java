/** Registration of nodes: {@code RegisterRpc} takes requests, {@code RegistrationDecider} decides on them. */
@NullMarked
package io.fleetscale.control.registration;

import org.jspecify.annotations.NullMarked;
