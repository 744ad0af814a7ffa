@NullMarked
package io.fleetscale.control.api.origin;

import org.jspecify.annotations.NullMarked;
