/** A log in memory for tests of what stands on it. */
@NullMarked
package io.fleetscale.control.changelog.testing;

import org.jspecify.annotations.NullMarked;
