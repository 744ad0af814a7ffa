package io.fleetscale.loadtest.terraform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One request of the provider and its answer.
 *
 * @param step what Terraform was doing
 * @param path with the query
 * @param accept and {@code ifMatch}, {@code contentType}: headers; empty: not sent
 * @param body as sent
 * @param answer as received, secrets scrubbed
 */
public record Exchange(
        String step,
        String method,
        String path,
        String accept,
        String ifMatch,
        String contentType,
        String body,
        int status,
        String answer) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** Reads a recording: a JSON array, one exchange a line. */
    public static List<Exchange> read(Path file) throws IOException {
        List<Exchange> exchanges = new ArrayList<>();
        for (JsonNode one : JSON.readTree(Files.readString(file))) {
            exchanges.add(new Exchange(
                    one.path("step").asString(),
                    one.path("method").asString(),
                    one.path("path").asString(),
                    one.path("accept").asString(""),
                    one.path("ifMatch").asString(""),
                    one.path("contentType").asString(""),
                    text(one.path("body")),
                    one.path("status").asInt(),
                    text(one.path("answer"))));
        }
        return exchanges;
    }

    static void write(Path file, List<Exchange> exchanges) throws IOException {
        List<String> lines = new ArrayList<>();
        for (Exchange exchange : exchanges) {
            ObjectNode one = JsonNodeFactory.instance
                    .objectNode()
                    .put("step", exchange.step)
                    .put("method", exchange.method)
                    .put("path", exchange.path);
            put(one, "accept", exchange.accept);
            put(one, "ifMatch", exchange.ifMatch);
            put(one, "contentType", exchange.contentType);
            put(one, "body", exchange.body);
            one.put("status", exchange.status);
            put(one, "answer", exchange.answer);
            lines.add(JSON.writeValueAsString(one));
        }
        Files.writeString(file, "[\n" + String.join(",\n", lines) + "\n]\n");
    }

    private static void put(ObjectNode one, String name, String text) {
        if (!text.isEmpty()) {
            one.put(name, text);
        }
    }

    private static String text(JsonNode node) {
        return node.isMissingNode() ? "" : node.asString();
    }

    /** Whether it may change something. */
    public boolean isWrite() {
        return !method.equals("GET") && !path.contains("/acl/validate");
    }

    /** The same without secrets, for a recording. */
    Exchange scrubbed() {
        JsonNode json = json(answer);
        if (json == null) {
            return this;
        }
        scrub(json);
        return new Exchange(
                step, method, path, accept, ifMatch, contentType, body, status, JSON.writeValueAsString(json));
    }

    private static void scrub(JsonNode node) {
        if (node instanceof ObjectNode object) {
            for (String name : List.of("key", "secret", "clientSecret", "access_token", "machineKey", "nodeKey")) {
                if (object.path(name).isString()) {
                    object.put(name, "scrubbed");
                }
            }
            object.values().forEach(Exchange::scrub);
        } else if (node instanceof ArrayNode array) {
            array.values().forEach(Exchange::scrub);
        }
    }

    static @Nullable JsonNode json(String text) {
        if (!text.startsWith("{") && !text.startsWith("[")) {
            return null;
        }
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            return null;
        }
    }
}
