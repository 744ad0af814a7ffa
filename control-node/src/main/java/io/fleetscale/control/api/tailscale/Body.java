package io.fleetscale.control.api.tailscale;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON object of a request. Members that nobody asks for are ignored; {@code null} is as good as absent. A member of another
 * type is a 400 that names it. Source: tailscale-api-v2 3.1.
 */
final class Body {
    private static final int MAX_DEPTH = 64;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final JsonNode root;
    private final String path;

    private Body(JsonNode root, String path) {
        this.root = root;
        this.path = path;
    }

    /** Any JSON value. */
    static JsonNode json(byte[] bytes) {
        try {
            JsonNode node = JSON.readTree(bytes);
            if (node == null || node.isMissingNode()) {
                throw ApiFailure.badRequest("the body is empty: a JSON value is needed");
            }
            return node;
        } catch (JacksonException e) {
            throw ApiFailure.badRequest("the body is not valid JSON: " + e.getOriginalMessage());
        }
    }

    static Body object(byte[] bytes) {
        return object(json(bytes), "");
    }

    static Body object(JsonNode node, String path) {
        if (!node.isObject()) {
            throw ApiFailure.badRequest((path.isEmpty() ? "the body" : path) + ": must be a JSON object");
        }
        return new Body(node, path);
    }

    /** Whether the member is there and not null. */
    boolean has(String name) {
        return member(name) != null;
    }

    /** Whether the member is there, be it null. */
    boolean names(String name) {
        return root.has(name);
    }

    @Nullable
    JsonNode member(String name) {
        JsonNode node = root.get(name);
        return node == null || node.isNull() ? null : node;
    }

    Optional<Body> child(String name) {
        return Optional.ofNullable(member(name)).map(node -> object(node, at(name)));
    }

    Optional<String> text(String name) {
        JsonNode node = member(name);
        if (node == null) {
            return Optional.empty();
        }
        if (!node.isString()) {
            throw wrong(name, "a string");
        }
        return Optional.of(node.stringValue());
    }

    String textOr(String name, String absent) {
        return text(name).orElse(absent);
    }

    String requiredText(String name) {
        return text(name)
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> ApiFailure.badRequest(at(name) + ": is required"));
    }

    Optional<Boolean> flag(String name) {
        JsonNode node = member(name);
        if (node == null) {
            return Optional.empty();
        }
        if (!node.isBoolean()) {
            throw wrong(name, "true or false");
        }
        return Optional.of(node.booleanValue());
    }

    boolean flagOr(String name, boolean absent) {
        return flag(name).orElse(absent);
    }

    boolean requiredFlag(String name) {
        return flag(name).orElseThrow(() -> ApiFailure.badRequest(at(name) + ": is required"));
    }

    Optional<Long> integer(String name) {
        JsonNode node = member(name);
        if (node == null) {
            return Optional.empty();
        }
        if (node.isNumber()) {
            BigDecimal number = node.decimalValue();
            if (number.stripTrailingZeros().scale() <= 0 && number.precision() - number.scale() <= 18) {
                return Optional.of(number.longValue());
            }
        }
        throw wrong(name, "an integer");
    }

    /** Absent: empty. */
    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : elements(name)) {
            if (!element.isString()) {
                throw wrong(name, "a list of strings");
            }
            texts.add(element.stringValue());
        }
        return texts;
    }

    List<JsonNode> elements(String name) {
        JsonNode node = member(name);
        if (node == null) {
            return List.of();
        }
        if (!node.isArray()) {
            throw wrong(name, "a list");
        }
        return new ArrayList<>(node.values());
    }

    /** Strings by name; absent: empty. */
    Map<String, String> textMap(String name) {
        Map<String, String> map = new TreeMap<>();
        JsonNode node = member(name);
        if (node == null) {
            return map;
        }
        if (!node.isObject()) {
            throw wrong(name, "an object");
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!entry.getValue().isString()) {
                throw wrong(name + "." + entry.getKey(), "a string");
            }
            map.put(entry.getKey(), entry.getValue().stringValue());
        }
        return map;
    }

    /** An instant; the year 1 is as good as absent, as Go writes it. */
    Optional<Instant> instant(String name) {
        return text(name).filter(text -> !text.isEmpty()).flatMap(text -> {
            try {
                Instant instant = OffsetDateTime.parse(text).toInstant();
                return instant.isBefore(Instant.EPOCH) ? Optional.empty() : Optional.of(instant);
            } catch (DateTimeParseException e) {
                throw wrong(name, "an RFC 3339 time");
            }
        });
    }

    List<Map.Entry<String, JsonNode>> members() {
        return new ArrayList<>(root.properties());
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private ApiFailure wrong(String name, String what) {
        return ApiFailure.badRequest(at(name) + ": must be " + what);
    }
}
