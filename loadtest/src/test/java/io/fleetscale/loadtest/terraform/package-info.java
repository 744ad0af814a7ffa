@NullMarked
package io.fleetscale.loadtest.terraform;

import org.jspecify.annotations.NullMarked;
