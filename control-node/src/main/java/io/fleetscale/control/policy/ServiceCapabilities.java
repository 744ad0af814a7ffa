package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.vipservice.VipService;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the capability map of a node's own entry says of services. Pure. Source: tailscale tailcfg/nodecap, tailcfg.go. */
public final class ServiceCapabilities {
    /** The services that the node serves: one object of names and addresses. Clients take only these as theirs. */
    public static final String HOSTED = "service-host";

    private static final String REACHABLE = "services/";
    private static final JsonMapper JSON = JsonMapper.shared();

    private ServiceCapabilities() {}

    /** The value of {@link #HOSTED}; empty: the node serves none. */
    public static String hosted(Node node) {
        TreeMap<String, OfferedService> served = new TreeMap<>();
        node.offeredServices().stream()
                .filter(OfferedService::isServed)
                .forEach(service -> served.put(service.name(), service));
        if (served.isEmpty()) {
            return "";
        }
        ObjectNode names = JSON.createObjectNode();
        served.forEach((name, service) -> {
            ArrayNode addresses = names.putArray(name);
            service.addresses().forEach(address -> addresses.add(address.toString()));
        });
        return names.toString();
    }

    /** The capability that tells a node of a service that it may reach. */
    public static String reachable(VipService service) {
        return REACHABLE + service.label();
    }

    /** The value of {@link #reachable}. */
    public static String details(VipService service) {
        ObjectNode details = JSON.createObjectNode().put("Name", service.name());
        if (!service.displayName().isEmpty()) {
            details.put("DisplayName", service.displayName());
        }
        ArrayNode addresses = details.putArray("Addrs");
        service.addrs().forEach(addresses::add);
        if (!service.ports().contains(VipService.UNCHECKED_PORTS)) {
            ArrayNode ports = details.putArray("Ports");
            service.ports().forEach(ports::add);
        }
        return details.toString();
    }
}
