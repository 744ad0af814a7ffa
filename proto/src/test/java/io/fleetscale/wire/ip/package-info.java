@NullMarked
package io.fleetscale.wire.ip;

import org.jspecify.annotations.NullMarked;
