/** Tests of what is deleted when it is old. */
@NullMarked
package io.fleetscale.control.retention;

import org.jspecify.annotations.NullMarked;
