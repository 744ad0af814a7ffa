/**
 * Login of people at an OpenID Connect issuer. Starting points: {@link io.fleetscale.control.oidc.OidcRoutes} (what a
 * browser sees), {@link io.fleetscale.control.oidc.Issuer} (what is said to the issuer), {@link
 * io.fleetscale.control.oidc.Admission} (who may in).
 *
 * <p>Nothing waits in memory: state and confirmation travel sealed through the browser, so any instance goes on with a login
 * that another one began. That each state is used once is a row in the database.
 */
@NullMarked
package io.fleetscale.control.oidc;

import org.jspecify.annotations.NullMarked;
