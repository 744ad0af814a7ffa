package io.fleetscale.control.vipservice;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;

/** Whether the policy of an image lets a node serve a service. Pure. Source: policy 9.4. */
@FunctionalInterface
public interface ServiceApprovers {
    boolean approves(TailnetImage image, Node node, VipService service);
}
