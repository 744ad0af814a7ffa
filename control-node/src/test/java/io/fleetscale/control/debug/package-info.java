@NullMarked
package io.fleetscale.control.debug;

import org.jspecify.annotations.NullMarked;
