/**
 * The state of the tailnet: immutable, without I/O. {@link io.fleetscale.control.tailnet.TailnetImage} is everything hard
 * at one number of the log, {@link io.fleetscale.control.tailnet.TailnetDelta} takes it to the next, {@link
 * io.fleetscale.control.tailnet.TailnetCodec} is its form in tables, log and grid.
 */
@NullMarked
package io.fleetscale.control.tailnet;

import org.jspecify.annotations.NullMarked;
