package io.fleetscale.control.api.rest;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import java.math.BigDecimal;
import java.text.ParseException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a request body into a protobuf message: names in camelCase or snake_case, numbers as numbers or text, null as
 * absent, unknown members dropped, an empty body as the empty message. Source: headscale-surface 2.1.
 */
final class ProtoJsonReader {
    /** No request message is nested deeper than two; what is dropped may be. */
    private static final int MAX_DEPTH = 100;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();

    private ProtoJsonReader() {}

    /**
     * Merges the body into the builder.
     *
     * @throws IllegalArgumentException if it is no JSON object or a member has the wrong type
     */
    static void merge(byte[] body, Message.Builder into) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return;
            }
            object(parser, into);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("unexpected text after the JSON object");
            }
        } catch (JacksonException malformed) {
            throw new IllegalArgumentException("malformed JSON: " + malformed.getOriginalMessage(), malformed);
        }
    }

    private static void object(JsonParser parser, Message.Builder into) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw new IllegalArgumentException("unexpected token " + token(parser) + ", want a JSON object");
        }
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            FieldDescriptor field = find(into.getDescriptorForType(), parser.currentName());
            JsonToken token = parser.nextToken();
            if (field == null) {
                parser.skipChildren();
            } else if (token != JsonToken.VALUE_NULL) {
                if (field.isRepeated()) {
                    list(parser, field, into);
                } else {
                    into.setField(field, value(parser, field, into));
                }
            }
        }
    }

    static @Nullable FieldDescriptor find(Descriptor type, String name) {
        FieldDescriptor field = type.findFieldByName(name);
        if (field != null) {
            return field;
        }
        for (FieldDescriptor candidate : type.getFields()) {
            if (candidate.getJsonName().equals(name)) {
                return candidate;
            }
        }
        return null;
    }

    private static void list(JsonParser parser, FieldDescriptor field, Message.Builder into) {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw wrong(parser, field, "a list");
        }
        into.clearField(field);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            into.addRepeatedField(field, value(parser, field, into));
        }
    }

    private static Object value(JsonParser parser, FieldDescriptor field, Message.Builder into) {
        return switch (field.getJavaType()) {
            case LONG -> integer(parser, field);
            case INT -> Math.toIntExact(integer(parser, field));
            case BOOLEAN ->
                switch (parser.currentToken()) {
                    case VALUE_TRUE -> true;
                    case VALUE_FALSE -> false;
                    default -> throw wrong(parser, field, "true or false");
                };
            case STRING -> text(parser, field);
            case ENUM -> enumValue(parser, field);
            case MESSAGE -> message(parser, field, into);
            case FLOAT, DOUBLE, BYTE_STRING ->
                throw new IllegalStateException("no request of this API has a field like " + field.getFullName());
        };
    }

    private static Object message(JsonParser parser, FieldDescriptor field, Message.Builder into) {
        if (field.getMessageType().equals(Timestamp.getDescriptor())) {
            return timestamp(field, text(parser, field));
        }
        Message.Builder nested = into.newBuilderForField(field);
        object(parser, nested);
        return nested.build();
    }

    /** Reads RFC 3339 with an optional fraction and any offset. */
    static Timestamp timestamp(FieldDescriptor field, String text) {
        try {
            return Timestamps.parse(text);
        } catch (ParseException | IllegalArgumentException malformed) {
            throw new IllegalArgumentException(
                    "field " + field.getName() + ": " + GoText.quote(text) + " is no RFC 3339 time", malformed);
        }
    }

    private static long integer(JsonParser parser, FieldDescriptor field) {
        String text = switch (parser.currentToken()) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_STRING -> parser.getString();
            default -> throw wrong(parser, field, "a number");
        };
        boolean signed = switch (field.getType()) {
            case INT64, SINT64, SFIXED64, INT32, SINT32, SFIXED32 -> true;
            default -> false;
        };
        try {
            return signed ? Long.parseLong(text) : Long.parseUnsignedLong(whole(text));
        } catch (NumberFormatException | ArithmeticException malformed) {
            throw new NotANumber(field, text);
        }
    }

    /** {@code 1.0} and {@code 1e2} are whole numbers to protobuf's JSON. */
    private static String whole(String text) {
        boolean plain = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (plain) {
            return text;
        }
        if (text.length() > 32) {
            throw new NumberFormatException("too long");
        }
        BigDecimal number = new BigDecimal(text);
        if (number.scale() < -20) {
            throw new NumberFormatException("too large");
        }
        return number.toBigIntegerExact().toString();
    }

    private static String text(JsonParser parser, FieldDescriptor field) {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw wrong(parser, field, "a string");
        }
        return parser.getString();
    }

    private static Object enumValue(JsonParser parser, FieldDescriptor field) {
        EnumValueDescriptor value = switch (parser.currentToken()) {
            case VALUE_STRING -> field.getEnumType().findValueByName(parser.getString());
            case VALUE_NUMBER_INT -> field.getEnumType().findValueByNumber(parser.getIntValue());
            default -> null;
        };
        if (value == null) {
            throw wrong(
                    parser, field, "one of the values of " + field.getEnumType().getName());
        }
        return value;
    }

    /** A text where a number must stand: often a name. */
    static final class NotANumber extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        private final String field;
        private final String given;

        private NotANumber(FieldDescriptor field, String given) {
            super("parsing field " + GoText.quote(field.getJsonName()) + ": " + GoText.quote(given)
                    + " is not a whole number");
            this.field = field.getName();
            this.given = given;
        }

        String field() {
            return field;
        }

        String given() {
            return given;
        }
    }

    private static IllegalArgumentException wrong(JsonParser parser, FieldDescriptor field, String wanted) {
        return new IllegalArgumentException(
                "invalid value for field " + field.getJsonName() + ": " + token(parser) + ", want " + wanted);
    }

    private static String token(JsonParser parser) {
        JsonToken token = parser.currentToken();
        return token == null
                ? "the end"
                : switch (token) {
                    case START_OBJECT, END_OBJECT -> "an object";
                    case START_ARRAY, END_ARRAY -> "a list";
                    case VALUE_STRING -> "a string";
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
                    case VALUE_TRUE, VALUE_FALSE -> "a boolean";
                    case VALUE_NULL -> "null";
                    case PROPERTY_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> token.name();
                };
    }
}
