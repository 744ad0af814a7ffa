package io.fleetscale.control.frontdoor.page;

import io.fleetscale.wire.key.NodeKey;

/** Whether a relay may serve a node: asked by {@code POST /verify}. Runs on a virtual thread. */
@FunctionalInterface
public interface NodeAdmission {
    boolean allows(NodeKey node);
}
