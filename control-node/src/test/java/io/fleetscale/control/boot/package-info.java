/** Tests of how the program is put together. */
@NullMarked
package io.fleetscale.control.boot;

import org.jspecify.annotations.NullMarked;
