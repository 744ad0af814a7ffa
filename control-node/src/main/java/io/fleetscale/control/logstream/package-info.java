/**
 * Log streams: where logs are sent, how far each has come, and the sender. Starting points: {@link
 * io.fleetscale.control.logstream.LogStream}, {@link io.fleetscale.control.logstream.LogStreamSender}. Source: tailscale-api-v2
 * 8.10.
 */
@NullMarked
package io.fleetscale.control.logstream;

import org.jspecify.annotations.NullMarked;
