@NullMarked
package io.fleetscale.control.audit;

import org.jspecify.annotations.NullMarked;
