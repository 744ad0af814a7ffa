package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.device.Devices;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.policy.engine.DeviceFacts;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.tailnet.DeviceAttribute;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Devices and their posture attributes. Source: tailscale-api-v2 7.1, 8.1, 8.2. */
final class DeviceRoutes {
    private static final String CORE = "devices:core";
    private static final String CORE_READ = "devices:core:read";
    private static final String DEVICE = "/device/{deviceId}";
    private static final String ATTRIBUTE = DEVICE + "/attributes/{attributeKey}";
    private static final Set<String> FILTERS = Set.of(
            "addresses",
            "id",
            "nodeId",
            "user",
            "name",
            "hostname",
            "clientVersion",
            "updateAvailable",
            "os",
            "created",
            "connectedToControl",
            "lastSeen",
            "keyExpiryDisabled",
            "expires",
            "authorized",
            "isExternal",
            "multipleConnections",
            "machineKey",
            "nodeKey",
            "blocksIncomingConnections",
            "tailnetLockKey",
            "tailnetLockError",
            "tags",
            "isEphemeral",
            "enabledRoutes",
            "advertisedRoutes",
            "sshEnabled");

    private final Devices devices;
    private final PostureAttributes attributes;
    private final TagOwners tagOwners;
    private final Function<NodeId, Presence> presences;

    DeviceRoutes(
            Devices devices, PostureAttributes attributes, TagOwners tagOwners, Function<NodeId, Presence> presences) {
        this.devices = devices;
        this.attributes = attributes;
        this.tagOwners = tagOwners;
        this.presences = presences;
    }

    List<Operation> operations() {
        Access core = Access.scopes(CORE);
        Access coreRead = Access.scopes(CORE_READ);
        Access posture = Access.scopes("devices:posture_attributes");
        return List.of(
                Operation.of(1, "GET", "t/devices", coreRead, "listTailnetDevices", "List the devices", this::list),
                Operation.of(
                        2,
                        "PATCH",
                        "t/device-attributes",
                        posture,
                        "batchUpdateCustomDevicePostureAttributes",
                        "Change attributes of several devices at once",
                        this::patchAttributes),
                Operation.of(3, "GET", DEVICE, coreRead, "getDevice", "Show a device", this::get),
                Operation.of(4, "DELETE", DEVICE, core, "deleteDevice", "Delete a device", this::delete),
                Operation.of(
                        5,
                        "POST",
                        DEVICE + "/expire",
                        core,
                        "expireDeviceKey",
                        "Let the key of a device end now",
                        this::expire),
                Operation.of(
                        6,
                        "GET",
                        DEVICE + "/routes",
                        Access.scopes("devices:routes:read"),
                        "listDeviceRoutes",
                        "Show the routes of a device",
                        this::routes),
                Operation.of(
                        7,
                        "POST",
                        DEVICE + "/routes",
                        Access.scopes("devices:routes"),
                        "setDeviceRoutes",
                        "Replace the enabled routes of a device",
                        this::setRoutes),
                Operation.of(
                        8,
                        "POST",
                        DEVICE + "/authorized",
                        core,
                        "authorizeDevice",
                        "Approve a device, or take the approval back",
                        this::setAuthorized),
                Operation.of(9, "POST", DEVICE + "/name", core, "setDeviceName", "Name a device", this::setName),
                Operation.of(10, "POST", DEVICE + "/tags", core, "setDeviceTags", "Replace the tags", this::setTags),
                Operation.of(
                        11,
                        "POST",
                        DEVICE + "/key",
                        core,
                        "updateDeviceKey",
                        "Switch the expiry of the key off or on",
                        this::setKey),
                Operation.of(
                        12,
                        "POST",
                        DEVICE + "/ip",
                        core,
                        "setDeviceIp",
                        "Give the device another IPv4 address",
                        this::setIp),
                Operation.of(
                        13,
                        "GET",
                        DEVICE + "/attributes",
                        Access.scopes("devices:posture_attributes:read"),
                        "getDevicePostureAttributes",
                        "Show the posture attributes",
                        this::attributes),
                Operation.of(
                        14,
                        "POST",
                        ATTRIBUTE,
                        posture,
                        "setCustomDevicePostureAttributes",
                        "Set a posture attribute",
                        this::setAttribute),
                Operation.of(
                        15,
                        "DELETE",
                        ATTRIBUTE,
                        posture,
                        "deleteCustomDevicePostureAttributes",
                        "Remove a posture attribute",
                        this::removeAttribute));
    }

    static Node require(TailnetImage image, String id) {
        Node node = Devices.find(image, id);
        if (node == null) {
            throw ApiFailure.notFound("device");
        }
        return node;
    }

    private static Node device(ApiCall call) {
        return require(call.image(), call.variable("deviceId"));
    }

    private static boolean wantsAll(ApiCall call) {
        return call.query("fields").filter("all"::equals).isPresent();
    }

    private HttpReply list(ApiCall call) {
        Map<String, List<String>> query = call.query();
        for (String name : query.keySet()) {
            if (!name.equals("fields") && !FILTERS.contains(name)) {
                throw ApiFailure.badRequest("devices cannot be filtered by \"" + name + "\"");
            }
        }
        boolean all = wantsAll(call);
        boolean filtersRoutes = query.containsKey("enabledRoutes")
                || query.containsKey("advertisedRoutes")
                || query.containsKey("sshEnabled");
        DeviceJson json = new DeviceJson(call.image(), presences);
        ArrayNode list = Replies.array();
        for (Node node : call.image().nodes().values()) {
            ObjectNode device = json.of(node, all || filtersRoutes);
            if (matches(device, query)) {
                list.add(all || !filtersRoutes ? device : json.of(node, false));
            }
        }
        ObjectNode body = Replies.object();
        body.set("devices", list);
        return Replies.ok(body);
    }

    private static boolean matches(ObjectNode device, Map<String, List<String>> query) {
        return query.entrySet().stream()
                .filter(filter -> !filter.getKey().equals("fields"))
                .allMatch(filter -> filter.getValue().stream().allMatch(value -> has(device, filter.getKey(), value)));
    }

    private static boolean has(ObjectNode device, String member, String value) {
        JsonNode found = device.path(member);
        if (found.isArray()) {
            return found.values().stream()
                    .anyMatch(element -> element.asString("").equals(value));
        }
        return !found.isMissingNode() && found.asString("").equals(value);
    }

    private HttpReply get(ApiCall call) {
        return Replies.ok(new DeviceJson(call.image(), presences).of(device(call), wantsAll(call)));
    }

    private HttpReply delete(ApiCall call) {
        Node unused = ApiCall.await(devices.delete(device(call).id()));
        return Replies.done();
    }

    private HttpReply expire(ApiCall call) {
        Node unused = ApiCall.await(devices.expire(device(call).id()));
        return Replies.done();
    }

    private static HttpReply routesOf(Node node) {
        ObjectNode json = Replies.object();
        json.set("advertisedRoutes", Replies.array(DeviceJson.texts(node.advertisedRoutes())));
        json.set("enabledRoutes", Replies.array(DeviceJson.texts(node.approvedRoutes())));
        return Replies.ok(json);
    }

    private HttpReply routes(ApiCall call) {
        return routesOf(device(call));
    }

    private HttpReply setRoutes(ApiCall call) {
        Node node = device(call);
        return routesOf(ApiCall.await(devices.setRoutes(node.id(), call.body().texts("routes"))));
    }

    private HttpReply setAuthorized(ApiCall call) {
        Node node = device(call);
        boolean authorized = call.body().requiredFlag("authorized");
        Node unused = ApiCall.await(devices.setAuthorized(node.id(), authorized));
        return Replies.done();
    }

    private HttpReply setName(ApiCall call) {
        Node node = device(call);
        Node unused = ApiCall.await(devices.setName(node.id(), call.body().textOr("name", "")));
        return Replies.done();
    }

    private HttpReply setTags(ApiCall call) {
        Node node = device(call);
        Node unused = ApiCall.await(devices.setTags(
                node.id(), call.body().texts("tags"), call.caller().assignable(call.image(), tagOwners)));
        return Replies.done();
    }

    private HttpReply setKey(ApiCall call) {
        Node node = device(call);
        boolean disabled = call.body().flagOr("keyExpiryDisabled", false);
        Node unused = ApiCall.await(devices.setKeyExpiryDisabled(node.id(), disabled));
        return Replies.done();
    }

    private HttpReply setIp(ApiCall call) {
        Node node = device(call);
        Node unused = ApiCall.await(devices.setIpv4(node.id(), call.body().requiredText("ipv4")));
        return Replies.done();
    }

    private static HttpReply attributesOf(Node node) {
        ObjectNode json = Replies.object();
        ObjectNode values = json.putObject("attributes");
        DeviceFacts.of(node).forEach((name, value) -> put(values, name, value));
        ObjectNode expiries = json.putObject("expiries");
        node.attributes().forEach(attribute -> {
            Instant expiry = attribute.expiry();
            if (expiry != null) {
                expiries.put(attribute.name(), Replies.time(expiry));
            }
        });
        return Replies.ok(json);
    }

    private static void put(ObjectNode values, String name, Object value) {
        switch (value) {
            case String text -> values.put(name, text);
            case Boolean flag -> values.put(name, flag);
            case Double number when number == Math.rint(number) -> values.put(name, number.longValue());
            case Double number -> values.put(name, number);
            default -> values.put(name, value.toString());
        }
    }

    private HttpReply attributes(ApiCall call) {
        return attributesOf(device(call));
    }

    private static DeviceAttribute attribute(String key, Body body, String comment) {
        JsonNode value = body.member("value");
        DeviceAttribute.Value typed;
        if (value != null && value.isString()) {
            typed = new DeviceAttribute.Value.Text(value.stringValue());
        } else if (value != null && value.isBoolean()) {
            typed = new DeviceAttribute.Value.Flag(value.booleanValue());
        } else if (value != null && value.isNumber()) {
            typed = new DeviceAttribute.Value.Numeric(value.doubleValue());
        } else {
            throw ApiFailure.badRequest("value of " + key + ": must be a string, a number or a boolean");
        }
        return new DeviceAttribute(key, typed, body.instant("expiry").orElse(null), comment);
    }

    private HttpReply setAttribute(ApiCall call) {
        Node node = device(call);
        Body body = call.body();
        DeviceAttribute attribute = attribute(call.variable("attributeKey"), body, body.textOr("comment", ""));
        List<Node> changed = ApiCall.await(attributes.apply(
                List.of(new PostureAttributes.Edit(node.id(), attribute.name(), Optional.of(attribute)))));
        return attributesOf(changed.getFirst());
    }

    private HttpReply removeAttribute(ApiCall call) {
        Node node = device(call);
        Node unused = ApiCall.await(attributes.remove(node.id(), call.variable("attributeKey")));
        return Replies.done();
    }

    private HttpReply patchAttributes(ApiCall call) {
        Body body = call.body();
        String comment = body.textOr("comment", "");
        List<PostureAttributes.Edit> edits = new ArrayList<>();
        Body nodes = body.child("nodes").orElseThrow(() -> ApiFailure.badRequest("nodes: is required"));
        for (Map.Entry<String, JsonNode> entry : nodes.members()) {
            Node node = require(call.image(), entry.getKey());
            for (Map.Entry<String, JsonNode> one :
                    Body.object(entry.getValue(), "nodes." + entry.getKey()).members()) {
                PostureAttributes.checkKey(one.getKey());
                Optional<DeviceAttribute> attribute = one.getValue().isNull()
                        ? Optional.empty()
                        : Optional.of(attribute(one.getKey(), Body.object(one.getValue(), one.getKey()), comment));
                edits.add(new PostureAttributes.Edit(node.id(), one.getKey(), attribute));
            }
        }
        List<Node> unused = ApiCall.await(attributes.apply(edits));
        return HttpReply.json(200, "null");
    }
}
