/**
 * Who sees whom and what is let through, compiled so that nodes that are treated alike share one class: the seam between the
 * policy and the netmap. Starting points:
 * {@code CompiledPolicy}, {@code PolicyEffect}, {@code PacketFilter}.
 */
@NullMarked
package io.fleetscale.control.policy;

import org.jspecify.annotations.NullMarked;
