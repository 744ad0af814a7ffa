/**
 * The code that runs where a grid entry lives, and the byte layouts it works on.
 *
 * <p>Everything here is frozen: instances of two releases share one grid, and the class names, field names, results and
 * layouts travel between them. A change of behaviour is a new class with a new name, used once no old instance is left.
 * Starting points: {@link io.fleetscale.grid.processor.VersionedLayout}, {@link
 * io.fleetscale.grid.processor.EpochLayout}, {@link io.fleetscale.grid.processor.CountedLayout}.
 */
@NullMarked
package io.fleetscale.grid.processor;

import org.jspecify.annotations.NullMarked;
