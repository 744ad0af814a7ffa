package io.fleetscale.control.flowlog;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads the body of an upload: an object or an array of objects, most of them flow records. Pure. Source: tailscale
 * logtail/api.md, types/netlogtype/netlogtype.go.
 *
 * @param others objects that are no flow records, such as what a client says when it ends its log
 * @param malformed elements that cannot be used
 */
record FlowRecords(List<FlowRecord> records, int others, int malformed) {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final List<String> TRAFFIC =
            List.of("virtualTraffic", "subnetTraffic", "exitTraffic", "physicalTraffic");
    private static final List<String> COUNTS = List.of("txPkts", "txBytes", "rxPkts", "rxBytes");
    private static final BigInteger MAX_COUNT = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);
    private static final int MAX_PROTOCOL = 255;
    /** An address with a port, as Go writes it; zones of IPv6 do not occur. */
    private static final Pattern ADDRESS = Pattern.compile("[0-9a-fA-F:.\\[\\]]{0,60}");

    FlowRecords {
        records = List.copyOf(records);
    }

    /**
     * @param node stable id of the node that uploads
     * @throws IllegalArgumentException if it is no JSON
     */
    static FlowRecords read(byte[] body, String node) {
        JsonNode whole;
        try {
            whole = JSON.readTree(body);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the body is no JSON", e);
        }
        List<FlowRecord> records = new ArrayList<>();
        int others = 0;
        int malformed = 0;
        for (JsonNode element : whole.isArray() ? whole : List.of(whole)) {
            if (!element.isObject()) {
                malformed++;
            } else if (element.path("nodeId").asString("").isEmpty()) {
                others++;
            } else {
                FlowRecord read = record(element, node);
                if (read == null) {
                    malformed++;
                } else {
                    records.add(read);
                }
            }
        }
        return new FlowRecords(records, others, malformed);
    }

    private static @Nullable FlowRecord record(JsonNode element, String node) {
        JsonNode logtail = element.path("logtail");
        Long process = number(logtail.path("proc_id"));
        Long sequence = number(logtail.path("proc_seq"));
        if (!element.path("nodeId").asString().equals(node)) {
            return new FlowRecord(node, process, sequence, true, "{}");
        }
        Instant start = time(element.path("start"));
        Instant end = time(element.path("end"));
        if (start == null || end == null) {
            return null;
        }
        ObjectNode shown = JsonNodeFactory.instance
                .objectNode()
                .put("nodeId", node)
                .put("start", start.toString())
                .put("end", end.toString());
        for (String kind : TRAFFIC) {
            JsonNode given = element.path(kind);
            if (given.isEmpty()) {
                continue;
            }
            ArrayNode list = shown.putArray(kind);
            for (JsonNode flow : given) {
                ObjectNode read = flow(flow);
                if (read == null) {
                    return null;
                }
                list.add(read);
            }
        }
        return new FlowRecord(node, process, sequence, false, shown.toString());
    }

    private static @Nullable ObjectNode flow(JsonNode given) {
        if (!given.isObject()) {
            return null;
        }
        ObjectNode shown = JsonNodeFactory.instance.objectNode();
        JsonNode protocol = given.path("proto");
        if (!protocol.isMissingNode()) {
            if (!protocol.isInt() || protocol.asInt() < 0 || protocol.asInt() > MAX_PROTOCOL) {
                return null;
            }
            shown.put("proto", protocol.asInt());
        }
        for (String end : List.of("src", "dst")) {
            String address = given.path(end).asString("");
            if (!ADDRESS.matcher(address).matches()) {
                return null;
            }
            if (!address.isEmpty()) {
                shown.put(end, address);
            }
        }
        for (String member : COUNTS) {
            JsonNode count = given.path(member);
            if (count.isMissingNode()) {
                continue;
            }
            if (!count.isIntegralNumber()) {
                return null;
            }
            BigInteger value = count.bigIntegerValue();
            if (value.signum() < 0 || value.compareTo(MAX_COUNT) > 0) {
                return null;
            }
            shown.put(member, value);
        }
        return shown;
    }

    private static @Nullable Instant time(JsonNode text) {
        try {
            return OffsetDateTime.parse(text.asString("")).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static @Nullable Long number(JsonNode given) {
        return given.isIntegralNumber() && given.canConvertToLong() ? given.longValue() : null;
    }
}
