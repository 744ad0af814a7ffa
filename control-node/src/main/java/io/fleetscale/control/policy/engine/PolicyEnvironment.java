package io.fleetscale.control.policy.engine;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.RouterState;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * What a policy needs to know of the server it runs on. All answers must depend on the arguments and on the configuration that
 * all instances share, on nothing else. Thread-safe.
 */
public interface PolicyEnvironment {
    /** Capabilities that the node has whatever the policy says; the same object for the same content. Their arguments are kept. */
    CapabilityMap baseCapabilities(TailnetImage image, Node node);

    /** Whether nodes can get certificates for HTTPS. */
    boolean hasHttpsCertificates(TailnetImage image);

    /** Base of the URLs that clients call inside Noise, without a slash at the end: https, whatever people use. */
    String serverUrl();

    /** Whether a router takes part in the choice of routers for grants with {@code via}. Source: policy 4.3. */
    default RouterState routerState(TailnetImage image, NodeId router) {
        Node node = image.node(router);
        return node == null || node.expired() || !image.isAuthorized(node) ? RouterState.AWAY : node.routerState();
    }

    /** Attributes that postures compare: strings, numbers ({@link Double}) and booleans by name. Source: policy 9.1. */
    default Map<String, Object> deviceAttributes(TailnetImage image, Node node) {
        return DeviceFacts.of(node);
    }

    /** The services of the tailnet, by name; none where they are switched off. Source: policy 9.4. */
    default SortedMap<String, VipService> services(TailnetImage image) {
        return VipService.KIND.all(image);
    }

    /** The domains of the tailnet's own logins, as {@code user:*@} may name them. */
    default Set<String> domains(TailnetImage image) {
        return domainsOf(image);
    }

    /** The domain of the owner's login; without an owner those of all logins. */
    static Set<String> domainsOf(TailnetImage image) {
        return Owners.domains(image);
    }
}
