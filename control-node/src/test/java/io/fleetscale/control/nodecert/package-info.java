@NullMarked
package io.fleetscale.control.nodecert;

import org.jspecify.annotations.NullMarked;
