package io.fleetscale.control.policy.explain;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One end of a question: a node, a service, or an address that is no node's. Immutable.
 *
 * @param node null: a service, or an address elsewhere
 * @param addresses those that are meant; one or two
 * @param alike how many nodes the policy treats as it does this one, itself included; 0 for an address
 */
public record Party(String name, String identity, @Nullable Node node, List<IpAddress> addresses, int alike) {
    public Party {
        addresses = List.copyOf(addresses);
    }

    static Party of(TailnetImage image, Node node, List<IpAddress> addresses, int alike) {
        return new Party(node.givenName(), identityOf(image, node), node, addresses, alike);
    }

    static Party of(VipService service, List<IpAddress> addresses) {
        return new Party(service.name(), "a service", null, addresses, 0);
    }

    /** Whether it is a service: such a one never sends first. */
    boolean isService() {
        return name.startsWith(VipService.PREFIX);
    }

    static Party of(IpAddress address) {
        return new Party(address.toString(), "not a node", null, List.of(address), 0);
    }

    /** The tags of a node, or by which policies know its owner. */
    static String identityOf(TailnetImage image, Node node) {
        return node.isTagged()
                ? String.join(" ", node.tags())
                : image.ownerOf(node).policyLogin().isEmpty()
                        ? image.ownerOf(node).loginName()
                        : image.ownerOf(node).policyLogin();
    }

    /** For messages. */
    String text() {
        return name + " (" + identity + ")";
    }
}
