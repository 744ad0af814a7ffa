/**
 * RPCs that answer questions about policies. Starting point: {@code PolicyService}.
 */
@NullMarked
package io.fleetscale.control.api.policy;

import org.jspecify.annotations.NullMarked;
