@NullMarked
package io.fleetscale.wire.tailcfg;

import org.jspecify.annotations.NullMarked;
