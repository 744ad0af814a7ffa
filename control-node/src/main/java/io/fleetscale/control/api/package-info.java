/**
 * The administration interfaces. Starting points: {@code registry} holds the routes of all families, {@code credential}
 * finds out who calls, {@code headscale} answers headscale's RPCs, {@code grpc} and {@code rest} carry them.
 */
@NullMarked
package io.fleetscale.control.api;

import org.jspecify.annotations.NullMarked;
