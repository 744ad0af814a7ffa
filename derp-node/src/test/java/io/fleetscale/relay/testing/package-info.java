/** A node and a listener for tests of the relay, and the check that no buffer leaks. */
@NullMarked
package io.fleetscale.relay.testing;

import org.jspecify.annotations.NullMarked;
