@NullMarked
package io.fleetscale.control.cli;

import org.jspecify.annotations.NullMarked;
