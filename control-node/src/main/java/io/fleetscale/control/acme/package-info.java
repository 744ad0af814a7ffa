/**
 * ACME for all instances: account, certificate and pending challenges lie in the database, so that one instance orders and any of
 * them answers the authority.
 */
@NullMarked
package io.fleetscale.control.acme;

import org.jspecify.annotations.NullMarked;
