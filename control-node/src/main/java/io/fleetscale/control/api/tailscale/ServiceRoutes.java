package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.OfferedService;
import io.fleetscale.control.vipservice.ServiceHosting;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.control.vipservice.VipServices;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Services, in the published spelling and in the older one that clients use. Source: tailscale-api-v2 7.10, 8.13. */
final class ServiceRoutes {
    private final VipServices services;
    private final TagOwners tagOwners;

    ServiceRoutes(VipServices services, TagOwners tagOwners) {
        this.services = services;
        this.tagOwners = tagOwners;
    }

    List<Operation> operations() {
        Access read = Access.scopes("services:read");
        Access write = Access.scopes("services");
        Access hosts = Access.scopes("services", "devices:core");
        String one = "t/services/{serviceName}";
        String older = "t/vip-services";
        List<Operation> operations = new ArrayList<>(List.of(
                Operation.of(81, "GET", "t/services", read, "listServices", "List the services", this::list),
                Operation.of(82, "GET", one, read, "getService", "Show a service", this::get),
                Operation.of(83, "PUT", one, write, "updateService", "Create or replace a service", this::put),
                Operation.of(84, "DELETE", one, write, "deleteService", "Delete a service", this::delete),
                Operation.of(
                        85,
                        "GET",
                        one + "/devices",
                        hosts,
                        "listServiceHosts",
                        "List the devices that may host a service",
                        this::hosts),
                Operation.of(
                        86,
                        "GET",
                        one + "/device/{deviceId}/approved",
                        hosts,
                        "getServiceDeviceApproval",
                        "Show whether a device may host a service",
                        this::approval),
                Operation.of(
                        87,
                        "POST",
                        one + "/device/{deviceId}/approved",
                        hosts,
                        "updateServiceDeviceApproval",
                        "Let a device host a service, or no longer",
                        this::setApproval)));
        operations.add(Operation.of(88, "GET", older, read, "listVipServices", "List the services", this::list));
        operations.add(
                Operation.of(89, "GET", older + "/{serviceName}", read, "getVipService", "Show a service", this::get));
        operations.add(Operation.of(
                90,
                "PUT",
                older + "/{serviceName}",
                write,
                "updateVipService",
                "Create or replace a service",
                this::put));
        operations.add(Operation.of(
                91, "DELETE", older + "/{serviceName}", write, "deleteVipService", "Delete a service", this::delete));
        return operations;
    }

    private static VipService service(ApiCall call) {
        return VipServices.require(call.image(), call.variable("serviceName"));
    }

    private static ObjectNode json(VipService service) {
        ObjectNode json = Replies.object().put("name", service.name());
        if (!service.displayName().isEmpty()) {
            json.put("displayName", service.displayName());
        }
        json.set("addrs", Replies.array(service.addrs()));
        json.put("comment", service.comment());
        json.set("ports", Replies.array(service.ports()));
        json.set("tags", Replies.array(service.tags()));
        if (!service.annotations().isEmpty()) {
            ObjectNode annotations = json.putObject("annotations");
            service.annotations().forEach(annotations::put);
        }
        return json;
    }

    private HttpReply list(ApiCall call) {
        ObjectNode body = Replies.object();
        ArrayNode list = body.putArray("vipServices");
        VipService.KIND.all(call.image()).values().forEach(service -> list.add(json(service)));
        return Replies.ok(body);
    }

    private HttpReply get(ApiCall call) {
        return Replies.ok(json(service(call)));
    }

    private HttpReply put(ApiCall call) {
        Body body = call.body();
        String path = call.variable("serviceName");
        VipService wanted = new VipService(
                body.textOr("name", path),
                body.textOr("displayName", ""),
                body.texts("addrs"),
                body.textOr("comment", ""),
                body.texts("ports"),
                body.texts("tags"),
                body.textMap("annotations"),
                List.of(),
                List.of());
        return Replies.ok(json(
                ApiCall.await(services.put(path, wanted, call.caller().assignable(call.image(), tagOwners)))));
    }

    private HttpReply delete(ApiCall call) {
        VipService unused = ApiCall.await(services.delete(call.variable("serviceName")));
        return Replies.done();
    }

    /** The nodes that offer the service, and those that were approved before they do. */
    private HttpReply hosts(ApiCall call) {
        VipService service = service(call);
        ObjectNode body = Replies.object();
        ArrayNode hosts = body.putArray("hosts");
        for (Node node : call.image().nodes().values()) {
            OfferedService offer = offer(service, node);
            if (offer != null || service.approved().contains(node.stableId())) {
                hosts.addObject()
                        .put("stableNodeID", node.stableId())
                        .put("approvalLevel", level(approval(service, node)))
                        .put(
                                "configured",
                                offer == null
                                        ? "not-advertised"
                                        : ServiceHosting.isConfigured(service, offer) ? "ready" : "ports-missing");
            }
        }
        return Replies.ok(body);
    }

    private static @Nullable OfferedService offer(VipService service, Node node) {
        return node.offeredServices().stream()
                .filter(offer -> offer.name().equals(service.name()))
                .findFirst()
                .orElse(null);
    }

    /** What holds for the pair; before the node offers the service only an administrator can have approved it. */
    private static OfferedService.Approval approval(VipService service, Node node) {
        OfferedService offer = offer(service, node);
        if (offer != null) {
            return offer.approval();
        }
        return service.approved().contains(node.stableId())
                ? OfferedService.Approval.MANUAL
                : OfferedService.Approval.NONE;
    }

    private static String level(OfferedService.Approval approval) {
        return switch (approval) {
            case NONE -> "not-approved";
            case AUTOMATIC -> "approved:auto";
            case MANUAL -> "approved:manual";
        };
    }

    private static HttpReply reply(OfferedService.Approval approval) {
        return Replies.ok(Replies.object()
                .put("approved", approval != OfferedService.Approval.NONE)
                .put("autoApproved", approval == OfferedService.Approval.AUTOMATIC));
    }

    private HttpReply approval(ApiCall call) {
        return reply(approval(service(call), DeviceRoutes.require(call.image(), call.variable("deviceId"))));
    }

    private HttpReply setApproval(ApiCall call) {
        VipService service = service(call);
        Node node = DeviceRoutes.require(call.image(), call.variable("deviceId"));
        boolean approved = call.body().requiredFlag("approved");
        VipService changed = ApiCall.await(services.approve(service.name(), node.stableId(), approved));
        return reply(
                changed.approved().contains(node.stableId())
                        ? OfferedService.Approval.MANUAL
                        : OfferedService.Approval.NONE);
    }
}
