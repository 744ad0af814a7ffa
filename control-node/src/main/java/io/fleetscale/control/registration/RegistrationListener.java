package io.fleetscale.control.registration;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.tailcfg.Hostinfo;

/** Is told of each accepted registration that changed the node, after the commit and before the client's answer. */
@FunctionalInterface
public interface RegistrationListener {
    /** @param hostinfo as the client sent it: the part that is no hard state belongs to the node's presence */
    void registered(Node node, Hostinfo hostinfo);
}
