package io.fleetscale.loadtest.corpus;

import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.FilterRule;
import io.fleetscale.wire.tailcfg.JsonWriter;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rules as parsed JSON, with the orders that renumbering of the captures destroyed made equal (N2, N3) and without the base
 * of check URLs (N9). What an engine says goes through the writers of the wire.
 */
final class ComparableRules {
    private static final Pattern BASE_URL = Pattern.compile("^https?://[^/]+");

    private ComparableRules() {}

    static List<JsonNode> filter(JsonNode captured) {
        List<JsonNode> rules = new ArrayList<>();
        for (JsonNode rule : captured) {
            rules.add(sorted(rule, "SrcIPs", Comparator.comparing(JsonNode::asString)));
        }
        return rules;
    }

    static List<JsonNode> filter(List<FilterRule> rules) {
        ArrayNode array = CaptureReader.JSON.createArrayNode();
        rules.forEach(rule -> array.add(written(rule::write)));
        return filter(array);
    }

    static List<JsonNode> ssh(JsonNode captured) {
        List<JsonNode> rules = new ArrayList<>();
        for (JsonNode rule : captured) {
            ObjectNode sorted = sorted(
                    rule,
                    "principals",
                    Comparator.comparing(principal -> principal.path("nodeIP").asString("")));
            if (sorted.get("action") instanceof ObjectNode action && action.has("holdAndDelegate")) {
                action.put(
                        "holdAndDelegate",
                        BASE_URL.matcher(action.path("holdAndDelegate").asString())
                                .replaceFirst(""));
            }
            rules.add(sorted);
        }
        return rules;
    }

    static List<JsonNode> ssh(SshPolicy policy) {
        return ssh(written(policy::write).path("rules"));
    }

    /** Arguments by name; no arguments are an empty array. */
    static Map<String, JsonNode> capabilities(CapabilityMap capabilities) {
        Map<String, JsonNode> values = new HashMap<>();
        capabilities.entries().forEach((name, arguments) -> {
            ArrayNode array = CaptureReader.JSON.createArrayNode();
            arguments.forEach(argument -> array.add(CaptureReader.JSON.readTree(argument)));
            values.put(name, array);
        });
        return values;
    }

    private static JsonNode written(Consumer<JsonWriter> content) {
        JsonWriter json = new JsonWriter();
        content.accept(json);
        return CaptureReader.JSON.readTree(json.toBytes());
    }

    private static ObjectNode sorted(JsonNode rule, String list, Comparator<JsonNode> order) {
        ObjectNode copy = CaptureReader.JSON.createObjectNode();
        rule.forEachEntry((name, value) -> {
            if (!value.isNull()) {
                copy.set(name, value.deepCopy());
            }
        });
        if (copy.get(list) instanceof ArrayNode array) {
            List<JsonNode> elements = new ArrayList<>();
            array.forEach(elements::add);
            elements.sort(order);
            array.removeAll();
            array.addAll(elements);
        }
        return copy;
    }
}
