/**
 * Certificates from an ACME server (RFC 8555), common to all instances: account, certificate and pending challenges lie in the
 * database, so that one instance orders and any of them answers the authority. Starting point: {@link
 * io.fleetscale.control.acme.AcmeCertificates}.
 */
@NullMarked
package io.fleetscale.control.acme;

import org.jspecify.annotations.NullMarked;
