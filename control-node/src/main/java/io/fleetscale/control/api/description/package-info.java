/**
 * Descriptions of the administration API for programs and people, generated from the routes that are served and the
 * protobuf descriptors behind them. Starting points: {@link io.fleetscale.control.api.description.DescriptionPages}, {@link
 * io.fleetscale.control.api.description.ApiOperation}. Source: headscale-surface 2.4, 2.5, api-families 6.
 */
@NullMarked
package io.fleetscale.control.api.description;

import org.jspecify.annotations.NullMarked;
