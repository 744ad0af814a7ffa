package io.fleetscale.loadtest.netmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class JsonScanTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final List<String> TEXTS = List.of(
            "", "plain", "quote \" and \\ slash", "line\nbreak", "Zürich", "\u0001", "{[}]\":,", "10.0.0.1:41641");

    private final JsonScan scan = new JsonScan();

    @Test
    void readsRandomDocumentsAsJacksonDoes() {
        long seed = System.nanoTime();
        System.out.println("JsonScanTest seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            JsonNode document = randomNode(random, 0);
            String text = random.nextBoolean() ? document.toString() : document.toPrettyString();
            byte[] json = text.getBytes(StandardCharsets.UTF_8);

            scan.reset(json, 0, json.length);
            scan.skipValue();
            scan.expectEnd();
            scan.reset(json, 0, json.length);
            assertThat(read(document)).as(text).isEqualTo(document);
            scan.expectEnd();
        }
    }

    @Test
    void refusesEveryPrefix() {
        byte[] json = "{\"a\":[1,true,null,\"x\\\"y\"],\"b\":{\"c\":-5}}".getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < json.length; length++) {
            int end = length;
            assertThatThrownBy(() -> {
                        scan.reset(Arrays.copyOf(json, json.length), 0, end);
                        scan.skipValue();
                    })
                    .as("%d bytes", length)
                    .isInstanceOf(JsonScan.MalformedJson.class);
        }
    }

    @Test
    void refusesWrongStructure() {
        for (String text : List.of("{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}", "[1,]x", "{\"a\":[1}}", "")) {
            byte[] json = text.getBytes(StandardCharsets.UTF_8);
            assertThatThrownBy(() -> {
                        scan.reset(json, 0, json.length);
                        read(JSON.readTree("{\"a\":[1],\"b\":2}"));
                        scan.expectEnd();
                    })
                    .as(text)
                    .isInstanceOf(JsonScan.MalformedJson.class);
        }
    }

    @Test
    void findsThePortOfAnEndpoint() {
        assertThat(port("\"203.0.113.80:41641\"")).isEqualTo(41641);
        assertThat(port("\"[2001:db8::1]:80\"")).isEqualTo(80);
        assertThat(port("\"203.0.113.80\"")).isEqualTo(-1);
        assertThat(port("\"\"")).isEqualTo(-1);
        assertThat(port("\":\"")).isEqualTo(-1);
    }

    private int port(String text) {
        byte[] json = text.getBytes(StandardCharsets.UTF_8);
        scan.reset(json, 0, json.length);
        return scan.portOfText();
    }

    /** Reads what is like {@code shape} at the cursor. */
    private JsonNode read(JsonNode shape) {
        if (shape.isObject()) {
            ObjectNode object = JSON.createObjectNode();
            scan.enterObject();
            while (scan.nextKey()) {
                String key = scan.key();
                object.set(key, read(shape.path(key)));
            }
            return object;
        }
        if (shape.isArray()) {
            ArrayNode array = JSON.createArrayNode();
            scan.enterArray();
            int i = 0;
            while (scan.nextElement()) {
                array.add(read(shape.path(i++)));
            }
            return array;
        }
        if (shape.isString()) {
            return JSON.getNodeFactory().stringNode(scan.text());
        }
        if (shape.isBoolean()) {
            return JSON.getNodeFactory().booleanNode(scan.bool());
        }
        if (shape.isNumber()) {
            return JSON.getNodeFactory().numberNode(scan.number());
        }
        scan.skipValue();
        return JSON.nullNode();
    }

    private static JsonNode randomNode(Random random, int depth) {
        return switch (random.nextInt(depth > 5 ? 4 : 6)) {
            case 0 -> JSON.getNodeFactory().numberNode(random.nextLong() >> random.nextInt(5, 60));
            case 1 -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
            case 2 -> JSON.nullNode();
            case 3 -> JSON.getNodeFactory().stringNode(TEXTS.get(random.nextInt(TEXTS.size())));
            case 4 -> {
                ArrayNode array = JSON.createArrayNode();
                for (int i = random.nextInt(5); i > 0; i--) {
                    array.add(randomNode(random, depth + 1));
                }
                yield array;
            }
            default -> {
                ObjectNode object = JSON.createObjectNode();
                for (int i = random.nextInt(5); i > 0; i--) {
                    object.set("key" + i, randomNode(random, depth + 1));
                }
                yield object;
            }
        };
    }
}
