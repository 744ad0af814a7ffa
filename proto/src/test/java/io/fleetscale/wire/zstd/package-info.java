@NullMarked
package io.fleetscale.wire.zstd;

import org.jspecify.annotations.NullMarked;
