/**
 * The one way in which hard state changes: a pure {@link io.fleetscale.control.changelog.HardWrite} decides on the image
 * at exactly the head of the log, its changes are committed to the tables and the log in one transaction, and every
 * instance applies them in order.
 */
@NullMarked
package io.fleetscale.control.changelog;

import org.jspecify.annotations.NullMarked;
