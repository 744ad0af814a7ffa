/** Keys that register nodes without a person. Starting point: {@code PreAuthKeys}. */
@NullMarked
package io.fleetscale.control.preauthkey;

import org.jspecify.annotations.NullMarked;
