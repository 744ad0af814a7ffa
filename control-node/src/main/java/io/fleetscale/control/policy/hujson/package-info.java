/**
 * JSON with commas and comments, read with the place of each value. Knows nothing of policies.
 *
 * <p>Starting point: {@link io.fleetscale.control.policy.hujson.HujsonReader}.
 */
@NullMarked
package io.fleetscale.control.policy.hujson;

import org.jspecify.annotations.NullMarked;
