package io.fleetscale.control.policy.hujson;

import java.util.List;

/** A value of a text, with its place. Immutable. */
public sealed interface Json {
    Position at();

    /** Members in the order of the text; no key comes twice. */
    record JsonObject(Position at, List<Member> members) implements Json {
        public JsonObject {
            members = List.copyOf(members);
        }
    }

    /** @param at the place of the key */
    record Member(Position at, String key, Json value) {}

    record JsonArray(Position at, List<Json> elements) implements Json {
        public JsonArray {
            elements = List.copyOf(elements);
        }
    }

    record JsonString(Position at, String value) implements Json {}

    /** @param text as written, a JSON number */
    record JsonNumber(Position at, String text) implements Json {}

    record JsonBoolean(Position at, boolean value) implements Json {}

    record JsonNull(Position at) implements Json {}

    /** What kind of value it is, for people. */
    default String kind() {
        return switch (this) {
            case JsonObject object -> "an object";
            case JsonArray array -> "a list";
            case JsonString string -> "a string";
            case JsonNumber number -> "a number";
            case JsonBoolean bool -> "true or false";
            case JsonNull none -> "null";
        };
    }

    /** The value as standard JSON without white space; members keep their order. */
    default String toStandardJson() {
        StringBuilder out = new StringBuilder();
        append(out, this);
        return out.toString();
    }

    private static void append(StringBuilder out, Json value) {
        switch (value) {
            case JsonObject object -> {
                out.append('{');
                String separator = "";
                for (Member member : object.members()) {
                    out.append(separator);
                    quote(out, member.key());
                    out.append(':');
                    append(out, member.value());
                    separator = ",";
                }
                out.append('}');
            }
            case JsonArray array -> {
                out.append('[');
                String separator = "";
                for (Json element : array.elements()) {
                    out.append(separator);
                    append(out, element);
                    separator = ",";
                }
                out.append(']');
            }
            case JsonString string -> quote(out, string.value());
            case JsonNumber number -> out.append(number.text());
            case JsonBoolean bool -> out.append(bool.value());
            case JsonNull none -> out.append("null");
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u00")
                                .append(Character.forDigit(c >> 4, 16))
                                .append(Character.forDigit(c & 15, 16));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
