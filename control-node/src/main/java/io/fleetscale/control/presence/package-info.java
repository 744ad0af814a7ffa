/**
 * Soft state of nodes: what a running client reports, whether it is online and since when not. It lies over the image and is
 * ordered by (session epoch, counter), not by the log. Starting points: {@code PresenceOverlay} to read, {@code Presences} to
 * write.
 */
@NullMarked
package io.fleetscale.control.presence;

import org.jspecify.annotations.NullMarked;
