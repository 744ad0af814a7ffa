/** Tests of the front door over real sockets. */
@NullMarked
package io.fleetscale.control.frontdoor;

import org.jspecify.annotations.NullMarked;
