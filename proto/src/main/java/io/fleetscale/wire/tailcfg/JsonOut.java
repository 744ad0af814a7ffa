package io.fleetscale.wire.tailcfg;

import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes small JSON documents, leaving out zero values as Go's omitzero does. */
final class JsonOut {
    private static final JsonFactory FACTORY = JsonFactory.builder().build();

    private final JsonGenerator json;

    private JsonOut(JsonGenerator json) {
        this.json = json;
    }

    static byte[] object(Consumer<JsonOut> content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
            json.writeStartObject();
            content.accept(new JsonOut(json));
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    void text(String name, String value) {
        if (!value.isEmpty()) {
            json.writeStringProperty(name, value);
        }
    }

    void bool(String name, boolean value) {
        if (value) {
            json.writeBooleanProperty(name, true);
        }
    }

    void number(String name, long value) {
        if (value != 0) {
            json.writeNumberProperty(name, value);
        }
    }

    void number(String name, double value) {
        if (value != 0) {
            json.writeNumberProperty(name, value);
        }
    }

    void texts(String name, Iterable<?> values) {
        if (values.iterator().hasNext()) {
            json.writeArrayPropertyStart(name);
            values.forEach(value -> json.writeString(value.toString()));
            json.writeEndArray();
        }
    }

    <E> void objects(String name, Iterable<E> values, java.util.function.BiConsumer<JsonOut, E> content) {
        if (values.iterator().hasNext()) {
            json.writeArrayPropertyStart(name);
            values.forEach(value -> {
                json.writeStartObject();
                content.accept(this, value);
                json.writeEndObject();
            });
            json.writeEndArray();
        }
    }

    void object(String name, Consumer<JsonOut> content) {
        json.writeObjectPropertyStart(name);
        content.accept(this);
        json.writeEndObject();
    }

    JsonGenerator generator() {
        return json;
    }
}
