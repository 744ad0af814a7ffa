/**
 * The gRPC listeners: a unix socket for this machine, TCP with TLS and a key for others. Starting points: {@link
 * io.fleetscale.control.api.grpc.GrpcListeners}, {@link io.fleetscale.control.api.grpc.ErrorInterceptor}. Source:
 * headscale-surface 1.1, 1.6.
 */
@NullMarked
package io.fleetscale.control.api.grpc;

import org.jspecify.annotations.NullMarked;
