/**
 * Credentials of the API v2: people's access tokens, trust credentials (OAuth clients and federated identities) and the tokens
 * that these mint, with what each may do. Starting points: {@link io.fleetscale.control.trust.Credentials}, {@link
 * io.fleetscale.control.trust.Scopes}. Source: tailscale-api-v2 6.
 */
@NullMarked
package io.fleetscale.control.trust;

import org.jspecify.annotations.NullMarked;
