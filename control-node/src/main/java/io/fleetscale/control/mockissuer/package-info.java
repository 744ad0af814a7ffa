/**
 * An OpenID Connect issuer for trying out logins: it lets a list of people in, one after the other, without asking. Never for
 * real users. Starting point: {@link io.fleetscale.control.mockissuer.MockIssuer}.
 */
@NullMarked
package io.fleetscale.control.mockissuer;

import org.jspecify.annotations.NullMarked;
