package io.fleetscale.control.api.description;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Timestamp;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * JSON schemas of protobuf messages as this API writes them: 64-bit numbers and times as text, enums by name. Collects the
 * messages that were referred to. Confined to the thread that writes one document.
 */
final class MessageSchemas {
    /** How a document's version of JSON schema says that a value may be null. */
    enum Nulls {
        /** Swagger 2.0 cannot say it. */
        UNSAID,
        /** OpenAPI 3.0: {@code nullable: true}. */
        FLAG,
        /** OpenAPI 3.1: a union of types. */
        TYPE
    }

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final String root;
    private final Function<String, String> naming;
    private final Nulls nulls;
    private final Map<String, Descriptor> messages = new TreeMap<>();
    private final Map<String, EnumDescriptor> enums = new TreeMap<>();

    /**
     * @param root where definitions lie: {@code #/definitions/}
     * @param naming from a message's name to its definition's
     */
    MessageSchemas(String root, Function<String, String> naming, Nulls nulls) {
        this.root = root;
        this.naming = naming;
        this.nulls = nulls;
    }

    /** A reference to a message, which is then among {@link #definitions()}. */
    ObjectNode reference(Descriptor message) {
        String name = naming.apply(message.getName());
        if (messages.putIfAbsent(name, message) == null) {
            // what it refers to is collected now, so that the definitions are complete whenever they are written
            message.getFields().forEach(this::value);
        }
        return JSON.objectNode().put("$ref", root + name);
    }

    /** All messages and enums that were referred to. */
    ObjectNode definitions() {
        Map<String, ObjectNode> sorted = new TreeMap<>();
        messages.forEach((name, message) -> sorted.put(name, object(message.getFields())));
        enums.forEach((name, values) -> sorted.put(name, words(values)));
        ObjectNode definitions = JSON.objectNode();
        sorted.forEach(definitions::set);
        return definitions;
    }

    /** An object of some fields of a message. */
    ObjectNode object(Collection<FieldDescriptor> fields) {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        if (!fields.isEmpty()) {
            ObjectNode properties = schema.putObject("properties");
            fields.forEach(field -> properties.set(field.getJsonName(), field(field)));
        }
        return schema;
    }

    /** A field, with what says that it is repeated or may be null. */
    ObjectNode field(FieldDescriptor field) {
        if (field.isRepeated()) {
            ObjectNode list = JSON.objectNode().put("type", "array");
            list.set("items", value(field));
            return list;
        }
        boolean mayBeNull = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
        return mayBeNull ? orNull(value(field)) : value(field);
    }

    private ObjectNode orNull(ObjectNode schema) {
        return switch (nulls) {
            case UNSAID -> schema;
            case FLAG -> {
                if (!schema.has("$ref")) {
                    yield schema.put("nullable", true);
                }
                // siblings of a reference are ignored in this version
                ObjectNode wrapped = JSON.objectNode().put("nullable", true);
                wrapped.putArray("allOf").add(schema);
                yield wrapped;
            }
            case TYPE -> {
                if (!schema.has("$ref")) {
                    String type = schema.get("type").stringValue();
                    schema.putArray("type").add(type).add("null");
                    yield schema;
                }
                ObjectNode wrapped = JSON.objectNode();
                wrapped.putArray("anyOf").add(schema).addObject().put("type", "null");
                yield wrapped;
            }
        };
    }

    private ObjectNode value(FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case BOOLEAN -> JSON.objectNode().put("type", "boolean");
            case INT -> JSON.objectNode().put("type", "integer").put("format", "int32");
            case LONG ->
                JSON.objectNode()
                        .put("type", "string")
                        .put("format", field.getType().name().toLowerCase(Locale.ROOT));
            case STRING -> JSON.objectNode().put("type", "string");
            case ENUM -> {
                String name = naming.apply(field.getEnumType().getName());
                enums.put(name, field.getEnumType());
                yield JSON.objectNode().put("$ref", root + name);
            }
            case MESSAGE ->
                field.getMessageType().equals(Timestamp.getDescriptor())
                        ? JSON.objectNode().put("type", "string").put("format", "date-time")
                        : reference(field.getMessageType());
            case FLOAT, DOUBLE, BYTE_STRING ->
                throw new IllegalStateException(field.getFullName() + ": no message of this API has such a field");
        };
    }

    private static ObjectNode words(EnumDescriptor type) {
        ObjectNode schema = JSON.objectNode().put("type", "string");
        var words = schema.putArray("enum");
        for (EnumValueDescriptor value : type.getValues()) {
            words.add(value.getName());
        }
        return schema.put("default", type.getValues().getFirst().getName());
    }
}
