/** Zstandard frames as map messages carry them. Starting points: {@code ZstdCompressor}, {@code ZstdFrames}. */
@NullMarked
package io.fleetscale.wire.zstd;

import org.jspecify.annotations.NullMarked;
