package io.fleetscale.control.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Prints the same trees as {@link GoJson} in block YAML, indented like yaml.v3. */
final class GoYaml {
    private static final Pattern PLAIN =
            Pattern.compile("[A-Za-z_/][A-Za-z0-9 _./@+:$,()<>\\[\\]*-]*|[0-9]+(\\.[0-9]+){3}(/[0-9]+)?");

    /** Nested blocks start at its multiples, also below a dash. */
    private static final int STEP = 4;

    private static final Set<String> WORDS = Set.of("null", "true", "false", "yes", "no", "on", "off", "y", "n");

    private final StringBuilder out = new StringBuilder();

    private GoYaml() {}

    static String write(@Nullable Object tree) {
        GoYaml yaml = new GoYaml();
        yaml.value(tree, 0);
        return yaml.out.toString().strip() + "\n";
    }

    /** Writes a value whose lines start at column {@code indent}; the cursor is after a key, a dash or at the start. */
    private void value(@Nullable Object tree, int indent) {
        switch (tree) {
            case null -> out.append("null\n");
            case Map<?, ?> map when map.isEmpty() -> out.append("{}\n");
            case List<?> list when list.isEmpty() -> out.append("[]\n");
            case Map<?, ?> map -> map(map, indent);
            case List<?> list -> list(list, indent);
            case GoStruct.Digits(String digits) -> out.append(digits).append('\n');
            case Boolean flag -> out.append(flag).append('\n');
            default -> out.append(scalar(tree.toString())).append('\n');
        }
    }

    private void map(Map<?, ?> map, int indent) {
        boolean first = true;
        for (Map.Entry<?, ?> member : map.entrySet()) {
            if (!first) {
                out.repeat(' ', indent);
            }
            first = false;
            out.append(scalar(String.valueOf(member.getKey()))).append(':');
            nested(member.getValue(), (indent / STEP + 1) * STEP);
        }
    }

    private void nested(@Nullable Object value, int indent) {
        boolean block =
                value instanceof Map<?, ?> map && !map.isEmpty() || value instanceof List<?> list && !list.isEmpty();
        if (block) {
            out.append('\n').repeat(' ', indent);
        } else {
            out.append(' ');
        }
        value(value, indent);
    }

    private void list(List<?> list, int indent) {
        boolean first = true;
        for (Object item : list) {
            if (!first) {
                out.repeat(' ', indent);
            }
            first = false;
            out.append("- ");
            value(item, indent + 2);
        }
    }

    private static String scalar(String text) {
        boolean plain = PLAIN.matcher(text).matches()
                && !WORDS.contains(text.toLowerCase(Locale.ROOT))
                && !text.contains(": ")
                && !text.endsWith(":")
                && !text.endsWith(" ");
        return plain ? text : GoJson.write(text, false);
    }
}
