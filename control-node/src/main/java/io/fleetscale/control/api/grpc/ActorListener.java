package io.fleetscale.control.api.grpc;

import io.fleetscale.control.changelog.Actor;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;

/** Lets a call do what it does in the name of whoever made it. */
final class ActorListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Actor actor;

    ActorListener(ServerCall.Listener<Q> call, Actor actor) {
        super(call);
        this.actor = actor;
    }

    /** Where unary calls run their handlers. */
    @Override
    public void onHalfClose() {
        actor.run(super::onHalfClose);
    }
}
