package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.FilterVersion;
import io.fleetscale.control.policy.JsonSink;
import io.fleetscale.control.policy.PacketFilter;
import io.fleetscale.control.policy.SharedJson;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** For tests: a session and the map of named chunks of its client. Source: policy 11.7, control-protocol 6.9. */
final class ClientChunks {
    private static final JsonMapper JSON = new JsonMapper();

    private final TreeMap<String, JsonNode> chunks = new TreeMap<>();
    private @Nullable FilterVersion sent;

    void tell(PacketFilter filter) {
        FilterVersion known = sent;
        if (known != null && !filter.differsFrom(known)) {
            return;
        }
        JsonWriter json = new JsonWriter();
        filter.write(
                new JsonSink() {
                    @Override
                    public JsonWriter text() {
                        return json;
                    }

                    @Override
                    public void shared(SharedJson elements) {
                        json.append(elements.text());
                    }
                },
                known);
        JsonNode message = JSON.readTree(new String(json.toBytes(), StandardCharsets.UTF_8));
        if (message.has("*")) {
            chunks.clear();
        }
        message.properties().forEach(entry -> {
            if (entry.getValue().isNull()) {
                chunks.remove(entry.getKey());
            } else {
                chunks.put(entry.getKey(), entry.getValue());
            }
        });
        sent = filter.version();
    }

    /** All single permissions: source, protocols, and destination or grant. */
    Set<String> permissions() {
        TreeSet<String> permissions = new TreeSet<>();
        for (JsonNode chunk : chunks.values()) {
            for (JsonNode rule : chunk) {
                addPermissions(rule, permissions);
            }
        }
        return permissions;
    }

    static void addPermissions(JsonNode rule, Set<String> permissions) {
        String protocols = rule.path("IPProto").toString();
        for (JsonNode source : rule.path("SrcIPs")) {
            rule.path("DstPorts").forEach(to -> permissions.add(source.asString() + " " + protocols + " " + to));
            rule.path("CapGrant").forEach(to -> permissions.add(source.asString() + " " + to));
        }
    }
}
