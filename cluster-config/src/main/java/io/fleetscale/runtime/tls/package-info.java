/**
 * Certificates and keys: reading PEM, making certificates of our own, renewing them while connections are open. Starting points:
 * {@link io.fleetscale.runtime.tls.PemFiles}, {@link io.fleetscale.runtime.tls.CertificateAuthority}, {@link
 * io.fleetscale.runtime.tls.ReloadableKey}.
 */
@NullMarked
package io.fleetscale.runtime.tls;

import org.jspecify.annotations.NullMarked;
