/** Addresses to listen on, and the threads and channels that do. Starting points: {@link io.fleetscale.runtime.net.HostPort}, {@link io.fleetscale.runtime.net.Transport}; {@link io.fleetscale.runtime.net.ClientAddress} for who is behind proxies. */
@NullMarked
package io.fleetscale.runtime.net;

import org.jspecify.annotations.NullMarked;
