@NullMarked
package io.fleetscale.control.flowlog;

import org.jspecify.annotations.NullMarked;
