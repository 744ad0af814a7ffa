/**
 * headscale's RPCs as JSON over HTTP, from the protobuf descriptors. Starting point: {@link
 * io.fleetscale.control.api.rest.RestTranscoder}. Source: headscale-surface 2.1-2.3, api-families 5.
 */
@NullMarked
package io.fleetscale.control.api.rest;

import org.jspecify.annotations.NullMarked;
