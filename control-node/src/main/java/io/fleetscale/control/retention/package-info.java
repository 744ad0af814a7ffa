/**
 * What has been kept for long enough goes, on one instance, in small steps. Starting point: {@link
 * io.fleetscale.control.retention.Retention}.
 */
@NullMarked
package io.fleetscale.control.retention;

import org.jspecify.annotations.NullMarked;
