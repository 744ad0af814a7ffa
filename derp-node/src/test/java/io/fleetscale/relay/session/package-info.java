/** Tests of the parts of a connection without a socket. */
@NullMarked
package io.fleetscale.relay.session;

import org.jspecify.annotations.NullMarked;
