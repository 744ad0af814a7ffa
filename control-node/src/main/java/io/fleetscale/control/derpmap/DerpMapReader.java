package io.fleetscale.control.derpmap;

import io.fleetscale.wire.tailcfg.DerpMap;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads DERP maps: JSON as Tailscale publishes it, or the YAML form of headscale; names of fields are compared without case, as
 * Go does. Mistakes that clients would swallow are refused. Source: control-protocol 6.8, field case F042.
 */
final class DerpMapReader {
    static final int MAX_REGIONS = 1024;
    private static final int MAX_REGION_ID = 65535;
    private static final int MAX_PORT = 65535;
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?\\.?");

    private final String source;

    private DerpMapReader(String source) {
        this.source = source;
    }

    /**
     * What one source says.
     *
     * @param regions empty where the source removes a region that another one has
     */
    record Loaded(SortedMap<Integer, Optional<DerpMap.Region>> regions, SortedMap<Integer, Double> scores) {
        DerpMap toMap() {
            TreeMap<Integer, DerpMap.Region> present = new TreeMap<>();
            regions.forEach((id, region) -> region.ifPresent(value -> present.put(id, value)));
            return new DerpMap(present, scores);
        }
    }

    /**
     * @param source for messages: a file, a URL
     * @throws IllegalArgumentException naming source, region, node and value
     */
    static Loaded read(JsonNode root, String source) {
        return new DerpMapReader(source).map(root);
    }

    private Loaded map(JsonNode root) {
        if (!root.isObject()) {
            throw bad("a DERP map is an object with 'regions'");
        }
        TreeMap<Integer, Optional<DerpMap.Region>> regions = new TreeMap<>();
        JsonNode list = field(root, "regions");
        if (list != null && list.isObject()) {
            if (list.size() > MAX_REGIONS) {
                throw bad(list.size() + " regions: at most " + MAX_REGIONS);
            }
            for (Map.Entry<String, JsonNode> entry : list.properties()) {
                int id = regionId(entry.getKey());
                regions.put(
                        id, entry.getValue().isNull() ? Optional.empty() : Optional.of(region(id, entry.getValue())));
            }
        } else if (list != null && !list.isNull()) {
            throw bad("'regions' must be an object of regions by number");
        }
        return new Loaded(regions, scores(root));
    }

    private SortedMap<Integer, Double> scores(JsonNode root) {
        TreeMap<Integer, Double> scores = new TreeMap<>();
        JsonNode params = field(root, "homeparams");
        JsonNode list = params == null ? null : field(params, "regionscore");
        if (list != null && list.isObject()) {
            for (Map.Entry<String, JsonNode> entry : list.properties()) {
                double score = entry.getValue().asDouble(0);
                if (score > 0) {
                    scores.put(regionId(entry.getKey()), score);
                }
            }
        }
        return scores;
    }

    private int regionId(String text) {
        try {
            int id = Integer.parseInt(text);
            if (id >= 1 && id <= MAX_REGION_ID) {
                return id;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    source + ": region '" + text + "': region ids are numbers, 1 to " + MAX_REGION_ID, e);
        }
        throw bad("region " + text + ": region ids must be 1 to " + MAX_REGION_ID);
    }

    private DerpMap.Region region(int id, JsonNode node) {
        int stated = number(node, "regionid", 0, MAX_REGION_ID, id);
        if (stated != id && stated != 0) {
            throw bad("region " + id + ": regionid " + stated + " is another number; leave it out or correct it");
        }
        List<DerpMap.Relay> relays = new ArrayList<>();
        Set<String> names = new HashSet<>();
        JsonNode nodes = field(node, "nodes");
        if (nodes != null && nodes.isArray()) {
            for (JsonNode relay : nodes) {
                DerpMap.Relay read = relay(id, relays.size(), relay);
                if (!names.add(read.name())) {
                    throw bad("region " + id + ": two nodes are named '" + read.name() + "'");
                }
                relays.add(read);
            }
        }
        String code = text(node, "regioncode");
        return new DerpMap.Region(
                id,
                code.isEmpty() ? Integer.toString(id) : code,
                text(node, "regionname"),
                coordinate(node, "latitude"),
                coordinate(node, "longitude"),
                flag(node, "avoid"),
                flag(node, "nomeasurenohome"),
                relays);
    }

    private DerpMap.Relay relay(int region, int index, JsonNode node) {
        String name = text(node, "name");
        String shown = name.isEmpty() ? region + Character.toString('a' + index % 26) : name;
        String where = "region " + region + ", node '" + shown + "'";
        int stated = number(node, "regionid", 0, MAX_REGION_ID, region);
        if (stated != region && stated != 0) {
            throw bad(where + ": regionid " + stated + " is not the region's; leave it out or write " + region);
        }
        String host = text(node, "hostname");
        if (!HOST_NAME.matcher(host).matches()) {
            throw bad(where + ": hostname '" + host + "': a host name is expected, without scheme, port or path");
        }
        return new DerpMap.Relay(
                shown,
                region,
                host,
                text(node, "certname"),
                text(node, "ipv4"),
                text(node, "ipv6"),
                number(node, "stunport", -1, MAX_PORT, 0),
                flag(node, "stunonly"),
                number(node, "derpport", 0, MAX_PORT, 0),
                flag(node, "insecurefortests"),
                flag(node, "canport80"));
    }

    static @Nullable JsonNode field(JsonNode object, String lowerCaseName) {
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            if (entry.getKey().toLowerCase(Locale.ROOT).equals(lowerCaseName)) {
                return entry.getValue();
            }
        }
        return null;
    }

    private String text(JsonNode object, String name) {
        JsonNode value = field(object, name);
        if (value == null || value.isNull()) {
            return "";
        }
        if (!value.isValueNode()) {
            throw bad("'" + name + "' must be a text");
        }
        return value.asString();
    }

    private static @Nullable Double coordinate(JsonNode object, String name) {
        JsonNode value = field(object, name);
        return value != null && value.isNumber() ? value.asDouble() : null;
    }

    private boolean flag(JsonNode object, String name) {
        JsonNode value = field(object, name);
        if (value == null || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw bad("'" + name + "' must be true or false");
        }
        return value.asBoolean();
    }

    private int number(JsonNode object, String name, int from, int to, int otherwise) {
        JsonNode value = field(object, name);
        if (value == null || value.isNull()) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || value.asLong() < from || value.asLong() > to) {
            throw bad("'" + name + "' " + value + ": must be a whole number, " + from + " to " + to);
        }
        return value.asInt();
    }

    private IllegalArgumentException bad(String problem) {
        return new IllegalArgumentException(source + ": " + problem);
    }
}
