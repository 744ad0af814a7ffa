/** Tests of the log: both forms, levels, and the masking of secrets. */
@NullMarked
package io.fleetscale.runtime.logging;

import org.jspecify.annotations.NullMarked;
