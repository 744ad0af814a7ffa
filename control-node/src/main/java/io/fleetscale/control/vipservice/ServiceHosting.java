package io.fleetscale.control.vipservice;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.tailnet.OfferedService.Approval;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which of the services that a node offers it serves: it has tags, the service exists, somebody approved the pair, and the node
 * serves all ports of the service. Pure. Source: policy 9.4.
 */
public final class ServiceHosting {
    private final ServiceApprovers approvers;
    private final boolean enabled;

    /** @param enabled without, nobody serves anything; the same on all instances */
    public ServiceHosting(ServiceApprovers approvers, boolean enabled) {
        this.approvers = approvers;
        this.enabled = enabled;
    }

    /** The node with what it serves in this image; the same object if that is what it has. */
    Node settled(TailnetImage image, Node node) {
        if (node.offeredServices().isEmpty()) {
            return node;
        }
        List<OfferedService> settled = node.offeredServices().stream()
                .map(offer -> settled(image, node, offer))
                .toList();
        return settled.equals(node.offeredServices())
                ? node
                : node.toBuilder().offeredServices(settled).build();
    }

    private OfferedService settled(TailnetImage image, Node node, OfferedService offer) {
        VipService service = enabled ? VipService.KIND.find(image, offer.name()) : null;
        Approval approval = approval(image, node, service);
        List<IpAddress> addresses = service != null && approval != Approval.NONE && isConfigured(service, offer)
                ? service.parsedAddresses()
                : List.of();
        return new OfferedService(offer.name(), offer.ports(), approval, addresses);
    }

    private Approval approval(TailnetImage image, Node node, @Nullable VipService service) {
        if (service == null || !node.isTagged() || service.refused().contains(node.stableId())) {
            return Approval.NONE;
        }
        if (service.approved().contains(node.stableId())) {
            return Approval.MANUAL;
        }
        return approvers.approves(image, node, service) ? Approval.AUTOMATIC : Approval.NONE;
    }

    /** Whether a node that offers the service serves all of its ports. */
    public static boolean isConfigured(VipService service, OfferedService offer) {
        return PortList.covers(offer.ports(), service.ports());
    }
}
