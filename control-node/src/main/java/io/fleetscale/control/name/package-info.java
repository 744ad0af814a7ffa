/** DNS labels and full names of nodes. Starting point: {@code NodeNames}. */
@NullMarked
package io.fleetscale.control.name;

import org.jspecify.annotations.NullMarked;
