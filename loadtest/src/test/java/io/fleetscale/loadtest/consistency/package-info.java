/** Tests of the package of the same name. */
@NullMarked
package io.fleetscale.loadtest.consistency;

import org.jspecify.annotations.NullMarked;
