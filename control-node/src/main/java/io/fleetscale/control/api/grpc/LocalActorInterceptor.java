package io.fleetscale.control.api.grpc;

import io.fleetscale.control.api.credential.Principal;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Calls through the unix socket are the administrator's of this machine. */
final class LocalActorInterceptor implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new ActorListener<>(next.startCall(call, headers), Principal.LOCAL.actor("cli"));
    }
}
