package io.fleetscale.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/** Reads YAML or JSON into {@link RawValue}s. Messages name the place, never the text around it: it may be a secret. */
final class RawDocument {
    /** The document is not well formed. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    private static final TokenStreamFactory YAML = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final TokenStreamFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonParser parser;

    private RawDocument(JsonParser parser) {
        this.parser = parser;
    }

    static RawValue.Mapping readYaml(String text) throws Malformed {
        return read(text, YAML);
    }

    static RawValue.Mapping readJson(String text) throws Malformed {
        return read(text, JSON);
    }

    private static RawValue.Mapping read(String text, TokenStreamFactory format) throws Malformed {
        try (JsonParser parser = format.createParser(ObjectReadContext.empty(), text)) {
            return new RawDocument(parser).root();
        } catch (JacksonException e) {
            throw malformed(e);
        }
    }

    private RawValue.Mapping root() throws Malformed {
        JsonToken first = parser.nextToken();
        if (first == null || first == JsonToken.VALUE_NULL) {
            return new RawValue.Mapping(Map.of(), 1);
        }
        if (first != JsonToken.START_OBJECT) {
            throw new Malformed("is not a map of keys", null);
        }
        RawValue.Mapping root = mapping();
        if (parser.nextToken() != null) {
            throw new Malformed("line " + line() + ": holds a second document", null);
        }
        return root;
    }

    private RawValue.Mapping mapping() throws Malformed {
        int line = line();
        Map<String, RawValue> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName().toLowerCase(Locale.ROOT);
            RawValue value = value(parser.nextToken());
            if (value != null && entries.putIfAbsent(key, value) != null) {
                throw new Malformed(
                        "line " + value.line() + ": the key " + key + " stands twice (upper and lower case are one)",
                        null);
            }
        }
        return new RawValue.Mapping(entries, line);
    }

    private RawValue.Sequence sequence() throws Malformed {
        int line = line();
        List<RawValue> items = new ArrayList<>();
        JsonToken token = parser.nextToken();
        while (token != JsonToken.END_ARRAY) {
            RawValue item = value(token);
            items.add(item == null ? new RawValue.Scalar("", line()) : item);
            token = parser.nextToken();
        }
        return new RawValue.Sequence(items, line);
    }

    private @Nullable RawValue value(JsonToken token) throws Malformed {
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw new Malformed("line " + line() + ": an alias (*name) is not read, write the value itself", null);
        }
        return switch (token) {
            case START_OBJECT -> mapping();
            case START_ARRAY -> sequence();
            case VALUE_NULL -> null;
            case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE ->
                new RawValue.Scalar(parser.getString(), line());
            case END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                throw new Malformed("line " + line() + ": not a value", null);
        };
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }

    private static Malformed malformed(JacksonException e) {
        String place = e.getLocation() == null ? "" : "line " + e.getLocation().getLineNr() + ": ";
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MarkedYamlEngineException marked) {
                // The cause goes no further: its message quotes the lines around the place.
                return new Malformed(place + marked.getProblem(), null);
            }
        }
        boolean duplicate = String.valueOf(e.getOriginalMessage()).startsWith("Duplicate");
        return new Malformed(place + (duplicate ? "a key stands twice" : "not well formed"), null);
    }
}
