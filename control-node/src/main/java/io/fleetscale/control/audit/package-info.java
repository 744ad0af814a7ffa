/**
 * The configuration audit log: one entry for each write that somebody caused, in the transaction of the write. Starting points:
 * {@link io.fleetscale.control.audit.AuditTrail} writes, {@link io.fleetscale.control.audit.AuditLog} reads. Source:
 * tailscale-api-v2 8.10.
 */
@NullMarked
package io.fleetscale.control.audit;

import org.jspecify.annotations.NullMarked;
