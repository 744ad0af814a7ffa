/** Certificates from a real ACME server. */
@NullMarked
package io.fleetscale.control.acme;

import org.jspecify.annotations.NullMarked;
