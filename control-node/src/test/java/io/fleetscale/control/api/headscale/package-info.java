@NullMarked
package io.fleetscale.control.api.headscale;

import org.jspecify.annotations.NullMarked;
