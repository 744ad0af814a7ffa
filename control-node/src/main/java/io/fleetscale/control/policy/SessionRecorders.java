package io.fleetscale.control.policy;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpEndpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where sessions on Kubernetes are recorded: a grant names recorders by tag, and clients are told their addresses beside it.
 * Pure. Source: policy 3.8; tailscale kube/kubetypes/grants.go.
 */
public final class SessionRecorders {
    /** The capability whose values may name recorders. */
    public static final String CAPABILITY = "tailscale.com/cap/kubernetes";

    private static final int PORT = 80;
    private static final JsonMapper JSON = JsonMapper.shared();

    private SessionRecorders() {}

    /** The tags that each value of the capability names; empty: none does. */
    public static List<List<String>> tagsOf(SortedMap<String, String> app) {
        String text = app.get(CAPABILITY);
        if (text == null || !text.contains("\"recorder\"")) {
            return List.of();
        }
        List<List<String>> tags = new ArrayList<>();
        for (JsonNode value : JSON.readTree(text)) {
            List<String> named = new ArrayList<>();
            value.path("recorder").forEach(tag -> {
                String word = tag.asString("").strip();
                if (word.startsWith("tag:")) {
                    named.add(word);
                }
            });
            tags.add(named);
        }
        return tags.stream().allMatch(List::isEmpty) ? List.of() : tags;
    }

    /**
     * The capabilities with the addresses of the recorders.
     *
     * @param addresses for each value those of the nodes with its tags; in any order, repetitions possible
     */
    public static SortedMap<String, String> addressed(
            SortedMap<String, String> app, List<? extends Collection<IpAddress>> addresses) {
        JsonNode values = JSON.readTree(app.getOrDefault(CAPABILITY, "[]"));
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i) instanceof ObjectNode value && !addresses.get(i).isEmpty()) {
                ArrayNode list = value.putArray("recorderAddrs");
                addresses.get(i).stream()
                        .sorted()
                        .distinct()
                        .forEach(address -> list.add(new IpEndpoint(address, PORT).toString()));
            }
        }
        SortedMap<String, String> all = new TreeMap<>(app);
        all.put(CAPABILITY, values.toString());
        return all;
    }
}
