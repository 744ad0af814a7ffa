@NullMarked
package io.fleetscale.control.webhook;

import org.jspecify.annotations.NullMarked;
