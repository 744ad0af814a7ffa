package io.fleetscale.control.device;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.frontdoor.noise.NoiseRequest;
import io.fleetscale.control.frontdoor.noise.NoiseResponse;
import io.fleetscale.control.tailnet.DeviceAttribute.Value;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.tailcfg.SmallRequests;
import io.fleetscale.wire.tailcfg.TailcfgException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Posture attributes that a client sets of its own node, by {@code PATCH /machine/set-device-attr}. Thread-safe; handlers wait
 * for the log. Source: tailscale tailcfg/tailcfg.go, SetDeviceAttributesRequest; tailscale-api-v2 8.2.
 */
public final class ClientAttributes {
    private final Changelog changelog;
    private final PostureAttributes attributes;
    private final boolean allowed;

    /** @param allowed whether the configuration lets clients: what they say of themselves is worth only so much */
    public ClientAttributes(Changelog changelog, PostureAttributes attributes, boolean allowed) {
        this.changelog = changelog;
        this.attributes = attributes;
        this.allowed = allowed;
    }

    public void handle(NoiseRequest request, NoiseResponse response) {
        if (!allowed) {
            response.answerText(403, "this server takes no attributes from clients: api.client_attributes is off\n");
            return;
        }
        SmallRequests.SetDeviceAttributes asked;
        try {
            asked = SmallRequests.SetDeviceAttributes.parse(request.body());
        } catch (TailcfgException e) {
            response.answerText(400, e.getMessage() + "\n");
            return;
        }
        Node node = changelog.image().nodeByKey(asked.nodeKey());
        if (node == null || !node.machineKey().equals(request.peer())) {
            response.answerText(403, "the node key is not that of this machine\n");
            return;
        }
        Map<String, Optional<Value>> update = new LinkedHashMap<>();
        asked.update().forEach((key, value) -> update.put(key, Optional.ofNullable(value(value))));
        Actor actor = new Actor(
                node.stableId(), Actor.Type.NODE, "", node.givenName(), node.tags(), Actor.Origin.NODE, "control", "");
        try {
            List<Node> unused = actor.<List<Node>, RuntimeException>call(
                    () -> attributes.applyByClient(node.id(), update).join());
            response.answerJson(200, new byte[] {'{', '}'});
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof ControlException refused)) {
                throw e;
            }
            response.answerText(refused.code().httpStatus(), refused.detail() + "\n");
        }
    }

    private static @Nullable Value value(SmallRequests.@Nullable Attribute given) {
        return switch (given) {
            case null -> null;
            case SmallRequests.Attribute.Text(String text) -> new Value.Text(text);
            case SmallRequests.Attribute.Numeric(double number) -> new Value.Numeric(number);
            case SmallRequests.Attribute.Flag(boolean flag) -> new Value.Flag(flag);
        };
    }
}
