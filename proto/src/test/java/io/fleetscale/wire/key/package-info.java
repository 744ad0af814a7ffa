@NullMarked
package io.fleetscale.wire.key;

import org.jspecify.annotations.NullMarked;
