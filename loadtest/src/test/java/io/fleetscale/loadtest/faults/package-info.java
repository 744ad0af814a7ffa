/** Tests of the package of the same name. */
@NullMarked
package io.fleetscale.loadtest.faults;

import org.jspecify.annotations.NullMarked;
