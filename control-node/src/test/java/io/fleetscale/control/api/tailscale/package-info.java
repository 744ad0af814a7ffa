@NullMarked
package io.fleetscale.control.api.tailscale;

import org.jspecify.annotations.NullMarked;
