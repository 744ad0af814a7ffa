/**
 * What every program of the cluster needs to be a process: an orderly start and stop, files, sockets, TLS material and a listener
 * for whoever watches it. Starting points: {@link io.fleetscale.runtime.Lifecycle}, {@link
 * io.fleetscale.runtime.metrics.MonitoringServer}, {@link io.fleetscale.runtime.tls.CertificateAuthority}.
 */
@NullMarked
package io.fleetscale.runtime;

import org.jspecify.annotations.NullMarked;
