/**
 * Who calls an API. Starting point: {@link io.fleetscale.control.api.credential.CredentialCheck}. Source: api-families 4.
 */
@NullMarked
package io.fleetscale.control.api.credential;

import org.jspecify.annotations.NullMarked;
