package io.fleetscale.control.cli;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints trees of maps, lists, texts, flags and {@link GoStruct.Digits} as Go's encoding/json does. */
final class GoJson {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final StringBuilder out = new StringBuilder();
    private final boolean indented;

    private GoJson(boolean indented) {
        this.indented = indented;
    }

    /** @param indented by one tab a level; otherwise all in one line */
    static String write(@Nullable Object tree, boolean indented) {
        GoJson json = new GoJson(indented);
        json.value(tree, 0);
        return json.out.toString();
    }

    /** One item of a list, with what stands before it in its line. */
    static String item(Object tree, boolean indented) {
        GoJson json = new GoJson(indented);
        json.line(1);
        json.value(tree, 1);
        return json.out.toString();
    }

    private void value(@Nullable Object tree, int depth) {
        switch (tree) {
            case null -> out.append("null");
            case Map<?, ?> map -> {
                out.append('{');
                String separator = "";
                for (Map.Entry<?, ?> member : map.entrySet()) {
                    out.append(separator);
                    separator = ",";
                    line(depth + 1);
                    string(String.valueOf(member.getKey()));
                    out.append(indented ? ": " : ":");
                    value(member.getValue(), depth + 1);
                }
                end('}', map.isEmpty(), depth);
            }
            case List<?> list -> {
                out.append('[');
                String separator = "";
                for (Object item : list) {
                    out.append(separator);
                    separator = ",";
                    line(depth + 1);
                    value(item, depth + 1);
                }
                end(']', list.isEmpty(), depth);
            }
            case GoStruct.Digits(String digits) -> out.append(digits);
            case Boolean flag -> out.append(flag);
            default -> string(tree.toString());
        }
    }

    private void end(char bracket, boolean empty, int depth) {
        if (!empty) {
            line(depth);
        }
        out.append(bracket);
    }

    private void line(int depth) {
        if (indented) {
            out.append('\n').repeat('\t', depth);
        }
    }

    /** Go escapes what could end a script element, and the two line separators that JavaScript knows. */
    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20 || c == '<' || c == '>' || c == '&' || c == '\u2028' || c == '\u2029') {
                        out.append("\\u").append(HEX[c >> 12]).append(HEX[c >> 8 & 15]);
                        out.append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
