@NullMarked
package io.fleetscale.control.trust;

import org.jspecify.annotations.NullMarked;
