@NullMarked
package io.fleetscale.control.device;

import org.jspecify.annotations.NullMarked;
