package io.fleetscale.control.policy.engine;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;

/** A condition on the device. Must depend on its arguments only. Source: policy 9.1. */
@FunctionalInterface
interface Posture {
    boolean holds(TailnetImage image, Node node);
}
