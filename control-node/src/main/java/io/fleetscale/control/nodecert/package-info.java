/**
 * Certificates for nodes: the record that an authority asks for is set in the DNS in the node's name. Starting points: {@link
 * io.fleetscale.control.nodecert.SetDnsCall} answers clients, {@link io.fleetscale.control.nodecert.DnsUpdater} tells the
 * authoritative server.
 */
@NullMarked
package io.fleetscale.control.nodecert;

import org.jspecify.annotations.NullMarked;
