@NullMarked
package io.fleetscale.control.api.description;

import org.jspecify.annotations.NullMarked;
