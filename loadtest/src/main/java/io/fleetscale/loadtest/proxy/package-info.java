/** A TCP proxy that does harm on request. Starting point: {@code FaultProxy}. */
@NullMarked
package io.fleetscale.loadtest.proxy;

import org.jspecify.annotations.NullMarked;
