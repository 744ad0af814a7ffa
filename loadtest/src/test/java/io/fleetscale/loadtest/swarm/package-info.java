/** Tests of the package of the same name. */
@NullMarked
package io.fleetscale.loadtest.swarm;

import org.jspecify.annotations.NullMarked;
