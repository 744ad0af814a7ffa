/**
 * The policy language: from text to {@link io.fleetscale.control.policy.language.PolicyDocument}, with all that can be
 * said against a policy without looking at nodes. Source of the rules: the corpus of captured answers and Tailscale's
 * documentation, see ARCHITECTURE.
 *
 * <p>Starting points: {@link io.fleetscale.control.policy.language.PolicyReader}, {@link
 * io.fleetscale.control.policy.language.Alias}.
 */
@NullMarked
package io.fleetscale.control.policy.language;

import org.jspecify.annotations.NullMarked;
