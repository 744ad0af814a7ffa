package io.fleetscale.loadtest.corpus;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads capture files. Thread-safe. Source: policy 10.2, 10.9. */
public final class CaptureReader {
    static final JsonMapper JSON =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();

    private static final int OK = 200;

    private CaptureReader() {}

    /**
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is no capture, naming the file and what is missing
     */
    public static Capture read(Path file) throws IOException {
        try {
            return capture(file.getFileName().toString(), JSON.readTree(Files.readAllBytes(file)));
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(file + ": no policy capture: " + e.getMessage(), e);
        }
    }

    private static Capture capture(String name, JsonNode root) {
        JsonNode input = required(root, "input");
        JsonNode topology = required(root, "topology");
        List<Capture.CapturedUser> users = new ArrayList<>();
        for (JsonNode user : topology.path("users")) {
            users.add(new Capture.CapturedUser(required(user, "id").asLong(), text(user, "name"), text(user, "email")));
        }
        SortedMap<String, Capture.CapturedNode> nodes = new TreeMap<>();
        required(topology, "nodes").forEachEntry((node, value) -> nodes.put(node, node(value)));
        SortedMap<String, Capture.View> views = new TreeMap<>();
        required(root, "captures").forEachEntry((node, value) -> views.put(node, view(value)));
        JsonNode policy = required(input, "full_policy");
        return new Capture(
                name,
                Instant.parse(text(root, "captured_at")),
                policy.isString() ? policy.asString() : JSON.writeValueAsString(policy),
                refusal(input),
                input.path("tailnet")
                        .path("settings")
                        .path("devices_auto_updates_on")
                        .asBoolean(false),
                users,
                nodes,
                views);
    }

    private static @Nullable String refusal(JsonNode input) {
        return input.path("api_response_code").asInt(OK) == OK
                ? null
                : text(required(input, "api_response_body"), "message");
    }

    private static Capture.CapturedNode node(JsonNode node) {
        SortedSet<IpPrefix> advertised = new TreeSet<>();
        for (JsonNode route : node.path("routable_ips")) {
            advertised.add(IpPrefix.parse(route.asString()));
        }
        String user = node.path("user").asString("");
        return new Capture.CapturedNode(
                texts(node.path("tags")),
                IpAddress.parse(text(node, "ipv4")),
                IpAddress.parse(text(node, "ipv6")),
                user.isEmpty() ? null : user,
                advertised);
    }

    /** Whole captures have the map as the client got it, reduced ones what of it is compared. */
    private static Capture.View view(JsonNode view) {
        JsonNode netmap = view.path("netmap");
        JsonNode self = view.hasNonNull("self") ? view.path("self") : required(netmap, "SelfNode");
        SortedMap<String, Capture.Entry> peers = new TreeMap<>();
        view.path("peers").forEachEntry((peer, value) -> peers.put(peer, entry(value)));
        netmap.path("Peers").forEach(peer -> peers.put(text(peer, "ComputedName"), entry(peer)));
        return new Capture.View(
                Instant.parse(text(self, "Created")),
                view.path("packet_filter_rules"),
                view.path("ssh_rules"),
                entry(self),
                peers);
    }

    private static Capture.Entry entry(JsonNode entry) {
        Set<String> allowed = new HashSet<>(texts(required(entry, "AllowedIPs")));
        Set<String> primary = new HashSet<>(texts(entry.path("PrimaryRoutes")));
        Map<String, JsonNode> capabilities = new HashMap<>();
        entry.path("CapMap").forEachEntry(capabilities::put);
        return new Capture.Entry(allowed, primary, capabilities);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asString()));
        return texts;
    }

    private static String text(JsonNode object, String field) {
        return required(object, field).asString();
    }

    private static JsonNode required(JsonNode object, String field) {
        JsonNode value = object.get(field);
        if (value == null || value.isNull()) {
            throw new IllegalArgumentException("no field " + field);
        }
        return value;
    }
}
