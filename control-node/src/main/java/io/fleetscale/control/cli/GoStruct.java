package io.fleetscale.control.cli;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A protobuf message as Go's encoders see the generated struct: what headscale 0.29 prints and scripts parse. Source:
 * headscale-surface 4.1 "Output encodings".
 */
final class GoStruct {
    /** A number in its final form. */
    record Digits(String text) {}

    private GoStruct() {}

    /** For encoding/json: names of the .proto file, zero values left out, enums as numbers. */
    static Map<String, @Nullable Object> forJson(Message message) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            boolean present = field.isRepeated()
                    ? message.getRepeatedFieldCount(field) > 0
                    : field.hasPresence()
                            ? message.hasField(field)
                            : !message.getField(field).equals(field.getDefaultValue());
            if (present) {
                members.put(field.getName(), value(field, message.getField(field), true));
            }
        }
        return members;
    }

    /** For yaml.v3: Go's field names in lower case, nothing left out. */
    static Map<String, @Nullable Object> forYaml(Message message) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            boolean absent = !field.isRepeated() && field.hasPresence() && !message.hasField(field);
            members.put(
                    field.getJsonName().toLowerCase(Locale.ROOT),
                    absent ? null : value(field, message.getField(field), false));
        }
        return members;
    }

    private static Object value(FieldDescriptor field, Object value, boolean json) {
        if (field.isRepeated() && value instanceof List<?> values) {
            List<Object> items = new ArrayList<>(values.size());
            values.forEach(item -> items.add(single(field, item, json)));
            return items;
        }
        return single(field, value, json);
    }

    private static Object single(FieldDescriptor field, Object value, boolean json) {
        return switch (field.getJavaType()) {
            case LONG ->
                new Digits(
                        field.getType() == FieldDescriptor.Type.UINT64
                                ? Long.toUnsignedString((Long) value)
                                : value.toString());
            case ENUM -> new Digits(Integer.toString(((EnumValueDescriptor) value).getNumber()));
            case MESSAGE -> json ? forJson((Message) value) : forYaml((Message) value);
            case INT, FLOAT, DOUBLE -> new Digits(value.toString());
            case BOOLEAN, STRING -> value;
            case BYTE_STRING -> throw new IllegalStateException("no answer of this API has bytes: " + field);
        };
    }
}
