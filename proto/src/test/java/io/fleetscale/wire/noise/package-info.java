/** Tests of the Noise transport. */
@NullMarked
package io.fleetscale.wire.noise;

import org.jspecify.annotations.NullMarked;
