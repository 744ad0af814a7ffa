/**
 * Who sees whom and what is let through, compiled so that nodes that are treated alike share one class. Starting points:
 * {@code CompiledPolicy}, {@code AllowAllPolicy}.
 */
@NullMarked
package io.fleetscale.control.policy;

import org.jspecify.annotations.NullMarked;
