@NullMarked
package io.fleetscale.control.api.registry;

import org.jspecify.annotations.NullMarked;
