/** Tests of the login at an issuer, with a provider and a browser of their own. */
@NullMarked
package io.fleetscale.control.oidc;

import org.jspecify.annotations.NullMarked;
