@NullMarked
package io.fleetscale.control.api.credential;

import org.jspecify.annotations.NullMarked;
