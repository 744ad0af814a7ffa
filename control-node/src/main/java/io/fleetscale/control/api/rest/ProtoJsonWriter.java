package io.fleetscale.control.api.rest;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * Writes a protobuf message as headscale 0.29 does: every field in the order of numbers, unset messages as null, 64-bit
 * numbers as text, enums by name, nothing escaped that JSON does not require. Source: headscale-surface 2.2.
 */
final class ProtoJsonWriter {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private ProtoJsonWriter() {}

    static byte[] write(Message message) {
        StringBuilder json = new StringBuilder(256);
        message(json, message);
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void message(StringBuilder json, Message message) {
        if (message instanceof Timestamp timestamp) {
            json.append('"').append(Timestamps.toString(timestamp)).append('"');
            return;
        }
        json.append('{');
        String separator = "";
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            json.append(separator).append('"').append(field.getJsonName()).append("\":");
            separator = ",";
            if (field.isRepeated()) {
                list(json, field, (List<?>) message.getField(field));
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !message.hasField(field)) {
                json.append("null");
            } else {
                value(json, field, message.getField(field));
            }
        }
        json.append('}');
    }

    private static void list(StringBuilder json, FieldDescriptor field, List<?> values) {
        json.append('[');
        String separator = "";
        for (Object value : values) {
            json.append(separator);
            separator = ",";
            value(json, field, value);
        }
        json.append(']');
    }

    private static void value(StringBuilder json, FieldDescriptor field, Object value) {
        switch (field.getType()) {
            case UINT64, FIXED64 ->
                json.append('"').append(Long.toUnsignedString((Long) value)).append('"');
            case INT64, SINT64, SFIXED64 -> json.append('"').append(value).append('"');
            case UINT32, FIXED32 -> json.append(Integer.toUnsignedString((Integer) value));
            case INT32, SINT32, SFIXED32, BOOL -> json.append(value);
            case FLOAT, DOUBLE -> number(json, ((Number) value).doubleValue());
            case ENUM -> string(json, ((EnumValueDescriptor) value).getName());
            case STRING -> string(json, (String) value);
            case BYTES -> string(json, Base64.getEncoder().encodeToString(((ByteString) value).toByteArray()));
            case MESSAGE, GROUP -> message(json, (Message) value);
        }
    }

    private static void number(StringBuilder json, double value) {
        if (Double.isFinite(value)) {
            json.append(value);
        } else {
            string(json, Double.toString(value));
        }
    }

    /** Appends a JSON string; only quotation mark, backslash and control characters are escaped. */
    static void string(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                case '\b' -> json.append("\\b");
                case '\f' -> json.append("\\f");
                default -> {
                    if (c < 0x20) {
                        json.append("\\u00").append(HEX[c >> 4]).append(HEX[c & 15]);
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        json.append('"');
    }
}
