/** Tests of the package of the same name. */
@NullMarked
package io.fleetscale.loadtest.proxy;

import org.jspecify.annotations.NullMarked;
