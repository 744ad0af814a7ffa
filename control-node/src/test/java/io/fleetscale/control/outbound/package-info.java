@NullMarked
package io.fleetscale.control.outbound;

import org.jspecify.annotations.NullMarked;
