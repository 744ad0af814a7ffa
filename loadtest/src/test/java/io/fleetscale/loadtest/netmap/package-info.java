/** Tests of the scanner and of both views. */
@NullMarked
package io.fleetscale.loadtest.netmap;

import org.jspecify.annotations.NullMarked;
