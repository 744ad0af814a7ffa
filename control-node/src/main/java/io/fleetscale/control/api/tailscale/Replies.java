package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.frontdoor.http.HttpReply;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Answers in the API's form. */
final class Replies {
    static final String JSON_TYPE = "application/json";
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonMapper JSON = JsonMapper.shared();

    private Replies() {}

    static ObjectNode object() {
        return NODES.objectNode();
    }

    static ArrayNode array() {
        return NODES.arrayNode();
    }

    static ArrayNode array(Collection<String> texts) {
        ArrayNode array = NODES.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    static HttpReply ok(JsonNode body) {
        return json(200, body);
    }

    /** Success that has nothing to say: never an empty body. Source: tailscale-api-v2 3.3. */
    static HttpReply done() {
        return json(200, object());
    }

    static HttpReply json(int status, JsonNode body) {
        return HttpReply.of(status, JSON_TYPE, JSON.writeValueAsBytes(body));
    }

    static byte[] bytes(JsonNode body) {
        return JSON.writeValueAsBytes(body);
    }

    static HttpReply failure(int status, String message, @Nullable JsonNode data) {
        ObjectNode body = object().put("message", message);
        if (data != null) {
            body.set("data", data);
        }
        return json(status, body);
    }

    static HttpReply failure(ApiFailure failure) {
        HttpReply reply = failure(failure.status(), failure.text(), failure.data());
        return failure.status() == 429 ? reply.withHeader("Retry-After", "60") : reply;
    }

    /** RFC 3339, whole seconds. */
    static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
