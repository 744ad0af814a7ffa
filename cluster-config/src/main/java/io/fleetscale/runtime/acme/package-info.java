/**
 * Certificates from an ACME server (RFC 8555). What must outlive the process, and what several processes share, lies in a store of
 * the owner's. Starting point: {@link io.fleetscale.runtime.acme.AcmeCertificates}.
 */
@NullMarked
package io.fleetscale.runtime.acme;

import org.jspecify.annotations.NullMarked;
